import { cors } from "hono/cors";

/** Any origin may call; nothing here is authorized by cookies. */
export const openCors = cors({
  origin: "*",
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
  exposeHeaders: [
    "Content-Disposition",
    "ETag",
    "Link",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Next",
    "X-Request-Id",
    "X-Truncated",
  ],
  maxAge: 86_400,
});
