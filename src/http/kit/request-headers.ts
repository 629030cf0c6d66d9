import { z } from "@hono/zod-openapi";

const header = (description: string, example?: string) =>
  z
    .string()
    .optional()
    .openapi({ description, ...(example === undefined ? {} : { example }) });

const HEADERS = {
  Prefer: header("`wait=n` answers when the job ends, or after n seconds, at most 60"),
  "Idempotency-Key": header("1 to 255 visible characters; the same key and body give the same job"),
  "If-Match": header("`ETag`s of the versions that may be written over"),
  "If-None-Match": header("`ETag` of an earlier answer; 304 while nothing has changed"),
  "Last-Event-ID": header("Id of the last event that was seen; goes on behind it"),
};

/** Request headers that an operation takes, for its contract. */
export const takes = (...names: (keyof typeof HEADERS)[]) =>
  z.object(Object.fromEntries(names.map((name) => [name, HEADERS[name]])));
