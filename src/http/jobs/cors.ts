import type { Context, MiddlewareHandler } from "hono";

const ALLOWED = ["Origin", "Content-Type", "Accept", "Authorization"];
/** Request headers that a preflight may ask for beside those. */
const ALSO_ALLOWED = ["If-Match", "Idempotency-Key", "Prefer"];

const allowedHeaders = (c: Context): string => {
  const asked = (c.req.header("access-control-request-headers") ?? "").toLowerCase();
  const also = ALSO_ALLOWED.filter((name) => asked.split(/[,\s]+/).includes(name.toLowerCase()));
  return [...ALLOWED, ...also].join(",");
};

/** The face's CORS headers, on every answer (contract 14). */
export const addCors = (c: Context): void => {
  c.header("Access-Control-Allow-Origin", "*");
  c.header("Access-Control-Allow-Methods", "*");
  c.header("Access-Control-Allow-Headers", allowedHeaders(c));
};

export const isPreflight = (c: Context): boolean =>
  c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;

export const jobsCors: MiddlewareHandler = async (c, next) => {
  addCors(c);
  await next();
};
