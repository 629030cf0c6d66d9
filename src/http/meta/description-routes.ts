import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { stringify } from "yaml";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>API description</title>
    <link rel="icon" href="openapi/assets/icon.png">
    <link rel="stylesheet" href="openapi/assets/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="openapi/assets/swagger-ui-bundle.js"></script>
    <script src="openapi/assets/init.js"></script>
  </body>
</html>
`;

const PAGE_HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
};

export type DescriptionOptions = {
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description?: string;
    readonly license?: { readonly name: string; readonly identifier: string };
  };
  /** What the operations' tags stand for. */
  readonly tags?: readonly { readonly name: string; readonly description: string }[];
  /** Passes those who may read the description. */
  readonly guard: MiddlewareHandler;
  /** Files of the page; null where there are none, and the description is shown in its place. */
  readonly assetsOf: (c: Context) => { fetch(request: Request): Promise<Response> } | null;
};

/**
 * The API description as it stands when it is asked for, generated from what the app's routes are
 * mounted with, and a page that shows it, with every script from our own assets.
 */
export const mountDescription = (
  app: OpenAPIHono,
  { info, tags = [], guard, assetsOf }: DescriptionOptions,
): void => {
  const description = () => {
    const document = app.getOpenAPI31Document({
      openapi: "3.1.0",
      info,
      tags: [...tags],
      servers: [{ url: "/" }],
    });
    const schemes = Object.keys(document.components?.securitySchemes ?? {});
    // Where an operation does not say otherwise, credentials are welcome and not needed.
    return { ...document, security: [{}, ...schemes.map((name) => ({ [name]: [] }))] };
  };
  app.get("/openapi", guard, (c) => {
    if (assetsOf(c) === null) return c.json(description());
    // The page's addresses are relative, so that it works behind a prefix as well.
    if (new URL(c.req.url).pathname.endsWith("/")) return c.redirect("../openapi");
    return c.html(PAGE, 200, PAGE_HEADERS);
  });
  app.get("/openapi/openapi.json", guard, (c) => c.json(description()));
  app.get("/openapi/schema", guard, (c) =>
    c.body(stringify(description(), { aliasDuplicateObjects: false }), 200, {
      "Content-Type": "application/yaml",
    }),
  );
  app.get("/openapi/assets/:file{[a-z-]+\\.(js|css|png)}", async (c) => {
    const assets = assetsOf(c);
    if (assets === null) return c.notFound();
    const asset = await assets.fetch(new Request(new URL(`/swagger/${c.req.param("file")}`, c.req.url)));
    return new Response(asset.body, asset);
  });
};
