import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";

/** Serves the console's files; a browser asks each time whether it has the newest. */
export const mountConsoleAssets = (app: OpenAPIHono, { assets }: Pick<Deps, "assets">): void => {
  app.get("/console/:file{[a-z-]+\\.(js|css|svg)}", async (c) => {
    const url = new URL(`/console/${c.req.param("file")}`, c.req.url);
    const asset = await assets.fetch(new Request(url, { headers: c.req.raw.headers }));
    const answer = new Response(asset.body, asset);
    answer.headers.set("Cache-Control", "no-cache");
    answer.headers.set("X-Content-Type-Options", "nosniff");
    return answer;
  });
};
