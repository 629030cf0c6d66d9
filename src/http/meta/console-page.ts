import type { Context } from "hono";
import { accepts } from "hono/accepts";

/** The addresses are relative, so that the page works behind a prefix as well. */
const pageOf = (nonce: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="style-nonce" content="${nonce}">
    <title>Sandpiper</title>
    <link rel="icon" href="console/icon.svg">
    <link rel="stylesheet" href="console/style.css">
    <script type="module" src="console/main.js"></script>
  </head>
  <body>
    <noscript>The console needs JavaScript; <a href="openapi">the API</a> does not.</noscript>
    <div id="console"></div>
  </body>
</html>
`;

/**
 * Nothing from elsewhere, no script but ours, and no text that becomes markup or code. Uploads go to the
 * bucket's own address; what programs made is shown from blobs.
 */
const policyOf = (nonce: string, uploadOrigin: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' blob:",
    `connect-src 'self' ${uploadOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");

/** Whether a browser asks for a page; every client of the API is answered with JSON. */
export const wantsPage = (c: Context): boolean =>
  accepts(c, {
    header: "Accept",
    supports: ["application/json", "text/html"],
    default: "application/json",
  }) === "text/html";

/** The console: a page that loads the rest from our own assets. */
export const consolePage = (c: Context, uploadOrigin: string): Response => {
  const nonce = crypto.randomUUID();
  return c.html(pageOf(nonce), 200, {
    "Cache-Control": "no-store",
    "Content-Security-Policy": policyOf(nonce, uploadOrigin),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  });
};
