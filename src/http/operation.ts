import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import type { Context } from "hono";

export type Handler = (c: Context) => Response | Promise<Response>;

/** One operation of the API: what the description says of it, and the handler that does it. */
export type Operation = { readonly contract: RouteConfig; readonly handler: Handler };

/** `{path}` takes the rest of the path, slashes included; every other parameter is one segment. */
const honoPath = (path: string): string =>
  path.replaceAll("{path}", ":path{.+}").replaceAll(/\{(\w+)\}/g, ":$1");

/** Serves an operation and enters it into the API description. */
export const mount = (app: OpenAPIHono, { contract, handler }: Operation): void => {
  app.openAPIRegistry.registerPath(contract);
  app.on(contract.method.toUpperCase(), honoPath(contract.path), handler);
};
