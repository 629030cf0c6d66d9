import type { Context } from "hono";

/** A tag without what a proxy that compresses adds to it: weakness, or the coding's name. */
const bare = (tag: string): string =>
  tag
    .trim()
    .replace(/^W\//, "")
    .replace(/-(?:gzip|br|zstd|deflate)"$/, '"');

/** Whether `If-None-Match` names this entity tag (RFC 9110 section 13.1.2). */
export const isNotModified = (c: Context, etag: string): boolean => {
  const header = c.req.header("if-none-match");
  if (header === undefined) return false;
  return header.trim() === "*" || header.split(",").map(bare).includes(etag);
};

/** A body with its strong entity tag, or 304 for a client that has it. */
export const conditionalJson = (c: Context, etag: string, body: unknown): Response => {
  c.header("ETag", etag);
  c.header("Cache-Control", "private, no-cache");
  return isNotModified(c, etag) ? c.body(null, 304) : c.json(body);
};
