import type { Context, MiddlewareHandler } from "hono";
import { EXPOSED_HEADERS } from "../kit/cors.ts";

const ALLOWED = ["Origin", "Content-Type", "Accept", "Authorization"];
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

/** The names that clients of this face know, and whatever else a preflight asks for. */
const allowedHeaders = (c: Context): string => {
  const asked = (c.req.header("access-control-request-headers") ?? "").split(",").map((name) => name.trim());
  const known = new Set(ALLOWED.map((name) => name.toLowerCase()));
  const also = asked.filter((name) => TOKEN.test(name) && !known.has(name.toLowerCase()));
  return [...ALLOWED, ...also].join(",");
};

/** The face's CORS headers, on every answer. */
export const addCors = (c: Context): void => {
  c.header("Access-Control-Allow-Origin", "*");
  c.header("Access-Control-Allow-Methods", "*");
  c.header("Access-Control-Allow-Headers", allowedHeaders(c));
  c.header("Access-Control-Expose-Headers", EXPOSED_HEADERS.join(","));
};

export const isPreflight = (c: Context): boolean =>
  c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;

export const jobsCors: MiddlewareHandler = async (c, next) => {
  addCors(c);
  await next();
};
