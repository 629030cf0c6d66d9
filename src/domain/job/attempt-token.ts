import type { Holder } from "./record.ts";

/** How long an offer may be taken up by its first report. */
const OFFER_SECONDS = 60;

/**
 * What the bearer of an offer may claim the job with: nothing is stored for an offer, so the token carries
 * who it was made for and until when, under a seal that only the job can make.
 */
export type AttemptToken = Holder & { readonly untilSeconds: number; readonly seal: string };

const toBase64Url = (base64: string): string =>
  base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const toBase64 = (base64Url: string): string => `${base64Url.replaceAll("-", "+").replaceAll("_", "/")}=`;

/** The end of an offer that is made now, in seconds since the epoch. */
export const offerUntilSeconds = (now: number): number => Math.ceil(now / 1_000) + OFFER_SECONDS;

/** The text that is sealed with the job's secret. */
export const sealedText = (attemptId: string, { instance, key }: Holder, untilSeconds: number): string =>
  `sandpiper-attempt-1\n${attemptId}\n${instance}\n${key}\n${untilSeconds}`;

export const tokenText = ({ instance, key, untilSeconds, seal }: AttemptToken): string =>
  `${untilSeconds}.${instance}.${toBase64Url(key)}.${seal}`;

const TOKEN = /^(\d{1,12})\.([0-9a-f]{32})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/;

/** The parts of an offer's token; null for any other text. */
export const parseToken = (text: string): AttemptToken | null => {
  const [, until, instance, key, seal] = TOKEN.exec(text) ?? [];
  if (until === undefined || instance === undefined || key === undefined || seal === undefined) return null;
  return { untilSeconds: Number(until), instance, key: toBase64(key), seal };
};
