import { z } from "zod";

/** An address that an HTTP client can be given; `z.url` alone also takes `ftp:` and `localhost:8787`. */
export const webAddress = (error?: string) =>
  z.url({ protocol: /^https?$/, ...(error === undefined ? {} : { error }) });
