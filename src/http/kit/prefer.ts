import type { Context } from "hono";

/** Waiting longer than this would only tie up the connection; the client asks again. */
const MAX_WAIT_SECONDS = 60;

/** Seconds of `Prefer: wait=n` (RFC 7240 section 4.3), at most 60; null without a usable preference. */
export const preferredWait = (c: Context): number | null => {
  const preferences = (c.req.header("prefer") ?? "").split(",");
  for (const preference of preferences) {
    const seconds = /^\s*wait\s*=\s*"?(\d+)"?\s*(;|$)/i.exec(preference)?.[1];
    if (seconds !== undefined) return Math.min(Number(seconds), MAX_WAIT_SECONDS);
  }
  return null;
};

/** Says that the preference was honoured, and how far. */
export const preferenceApplied = (c: Context, seconds: number): void => {
  c.header("Preference-Applied", `wait=${seconds}`);
};
