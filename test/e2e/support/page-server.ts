import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { host, root } from "../../../scripts/lib/local.ts";

const PAGE = `<!doctype html>
<title>Another origin</title>
<link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "zod": "/node_modules/zod/index.js" } }</script>
<script type="module" src="/test/e2e/support/browser-page.ts"></script>
`;

/** What the page may load: its script, the client and the shared schemas without their types, and zod. */
const served =
  /^\/(test\/e2e\/support\/browser-page\.ts|src\/(client|wire)\/[\w-]+\.ts|node_modules\/zod\/[\w./-]+\.js)$/;

const moduleAt = async (pathname: string): Promise<string | null> => {
  if (!served.test(pathname)) return null;
  const text = await readFile(path.join(root, path.normalize(pathname)), "utf8");
  return pathname.endsWith(".ts") ? stripTypeScriptTypes(text) : text;
};

export type PageServer = { readonly url: string; close(): Promise<void> };

/** A site of another origin, with a page that imports the client just as it lies here. */
export const startPageServer = async (): Promise<PageServer> => {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", `http://${host}`);
    const send = (status: number, type: string, text: string): void => {
      response.writeHead(status, { "Content-Type": `${type}; charset=utf-8` }).end(text);
    };
    if (pathname === "/") return send(200, "text/html", PAGE);
    moduleAt(pathname).then(
      (text) => (text === null ? send(404, "text/plain", "") : send(200, "text/javascript", text)),
      () => send(404, "text/plain", ""),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
