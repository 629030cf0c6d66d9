/** A socket that has been sent nothing for this long is sent a frame without news: proxies close idle ones after a minute. */
export const PING_MS = 25_000;
