import type { OpenAPIHono } from "@hono/zod-openapi";
import { stringify } from "yaml";
import type { Deps } from "../../deps.ts";
import { VERSION } from "../../domain/version.ts";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sandpiper API</title>
    <link rel="stylesheet" href="/openapi/assets/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/openapi/assets/swagger-ui-bundle.js"></script>
    <script src="/openapi/assets/init.js"></script>
  </body>
</html>
`;

const PAGE_HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
};

const INFO = {
  title: "Sandpiper",
  version: VERSION,
  description: "Asynchronous jobs at the edge: sandboxed code runs, typed jobs and upload-first workloads.",
};

/** The API description, generated from the contracts that the routes are mounted with, and a page that shows it. */
export const mountOpenApi = (app: OpenAPIHono, { assets }: Deps): void => {
  const description = () =>
    app.getOpenAPI31Document({ openapi: "3.1.0", info: INFO, servers: [{ url: "/" }] });
  app.get("/openapi", (c) => c.html(PAGE, 200, PAGE_HEADERS));
  app.get("/openapi/openapi.json", (c) => c.json(description()));
  app.get("/openapi/schema", (c) =>
    c.body(stringify(description(), { aliasDuplicateObjects: false }), 200, {
      "Content-Type": "application/yaml",
    }),
  );
  app.get("/openapi/assets/:file{[a-z-]+\\.(js|css)}", async (c) => {
    const asset = await assets.fetch(new Request(new URL(`/swagger/${c.req.param("file")}`, c.req.url)));
    return new Response(asset.body, asset);
  });
};
