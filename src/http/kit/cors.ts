import { cors } from "hono/cors";

/** Headers that a script of another origin may read from an answer of any face. */
export const EXPOSED_HEADERS = [
  "X-Next",
  "Content-Disposition",
  "ETag",
  "Idempotency-Replayed",
  "Link",
  "Location",
  "Mcp-Session-Id",
  "Preference-Applied",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "WWW-Authenticate",
  "X-Request-Id",
  "X-Truncated",
];

/** Any origin may call with whatever headers it asks for; nothing here is authorized by cookies. */
export const openCors = cors({
  origin: "*",
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
  exposeHeaders: EXPOSED_HEADERS,
  maxAge: 86_400,
});
