import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { serviceLog } from "../../deps.ts";
import { Unavailable } from "../../domain/typed-jobs/unavailable.ts";
import { mountDescription } from "../meta/description-routes.ts";
import { authMiddleware, depsOf, unauthorized } from "./auth.ts";
import { definitionOf, type JobsConfig, type JobsDefinition, type ObjectModel } from "./config.ts";
import { addCors, isPreflight, jobsCors } from "./cors.ts";
import { componentsOf, routeConfig } from "./description.ts";
import { type JobsOperation, operationsOf } from "./operations.ts";
import { problem } from "./respond.ts";

/** What an app of typed jobs offers beside its routes. */
export type JobsExtras = {
  readonly definition: JobsDefinition;
  /** Basic auth as this face has it, for routes of the deployer's own. */
  readonly requireAuth: MiddlewareHandler;
  /** Whether a path belongs to this face. */
  readonly owns: (path: string) => boolean;
  /** The answer where this face has no path; an app that mounts this one has its own not-found handler. */
  readonly nothingThere: (c: Context) => Response;
};

export type JobsApp = OpenAPIHono & JobsExtras;

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

const ownsUnder =
  (prefix: string) =>
  (path: string): boolean =>
    (prefix !== "" && (path === prefix || path.startsWith(`${prefix}/`))) ||
    ["jobs", "settings", "healthcheck"].some((part) => {
      const root = `${prefix}/${part}`;
      return path === root || path.startsWith(`${root}/`);
    });

const failed = (error: Error, c: Context): Response => {
  addCors(c);
  serviceLog.error("typed_jobs.failed", error instanceof Unavailable ? error.cause : error, {
    method: c.req.method,
  });
  return error instanceof Unavailable
    ? problem(c, 503, "Storage does not answer now")
    : problem(c, 500, "Something failed on our side");
};

const nothingThere = (c: Context): Response => {
  addCors(c);
  return isPreflight(c) ? c.body(null, 204) : problem(c, 404, "No such path");
};

/** Answers for a path that exists what no operation answers: OPTIONS with 200, the rest with 405. */
const otherMethods =
  (methods: readonly string[]) =>
  (c: Context): Response => {
    c.header("Allow", [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", "));
    return c.req.method === "OPTIONS"
      ? c.body(null, 200)
      : problem(c, 405, "This method is not possible here");
  };

const mountOperation = (app: OpenAPIHono, definition: JobsDefinition, operation: JobsOperation): void => {
  const { described, handler } = operation;
  app.openAPIRegistry.registerPath(routeConfig(definition, described));
  app.on(described.method.toUpperCase(), definition.prefix + honoPath(described.path), async (c) => {
    const deps = depsOf(c);
    const refused = described.isOpen ? null : await unauthorized(c, deps, definition);
    return refused ?? handler({ c, deps, definition });
  });
};

const mountOperations = (app: OpenAPIHono, definition: JobsDefinition): void => {
  const operations = operationsOf(definition.settings !== null);
  const { prefix } = definition;
  const parts = prefix === "" ? ["/jobs", "/settings", "/healthcheck"] : [prefix];
  for (const part of parts) app.use(`${part}/*`, jobsCors);
  for (const operation of operations) mountOperation(app, definition, operation);
  for (const path of new Set(operations.map(({ described }) => described.path))) {
    const methods = operations
      .filter(({ described }) => described.path === path)
      .map(({ described }) => described.method.toUpperCase());
    app.all(prefix + honoPath(path), otherMethods(methods));
  }
};

const describe = (app: OpenAPIHono, definition: JobsDefinition): void => {
  for (const [name, schema] of Object.entries(componentsOf(definition)))
    app.openAPIRegistry.registerComponent("schemas", name, schema);
  if (definition.auth !== null)
    app.openAPIRegistry.registerComponent("securitySchemes", "basicAuth", { type: "http", scheme: "basic" });
};

/** The app of complete definition; deployers call `createApp`. */
const buildApp = (definition: JobsDefinition): JobsApp => {
  const app = new OpenAPIHono();
  const requireAuth = authMiddleware(definition);
  app.onError(failed);
  app.notFound(nothingThere);
  describe(app, definition);
  mountOperations(app, definition);
  mountDescription(app, {
    info: { title: definition.title, version: definition.version },
    guard: requireAuth,
    assetsOf: (c) => depsOf(c).assets,
  });
  return Object.assign(app, { definition, requireAuth, owns: ownsUnder(definition.prefix), nothingThere });
};

/**
 * A service of typed jobs: `request` and `response` are the models of a job's request and result,
 * `settings` the model of what the owner may change while it runs. The Hono app that comes back may be
 * extended with further routes, served as it is, or mounted in another. Building it touches nothing.
 *
 * @param ambient variables known while the app is built, where a forced password may be found.
 * @throws TypeError that names the model or config field that cannot work.
 */
export const createApp = <
  Req extends ObjectModel,
  Res extends ObjectModel,
  Settings extends ObjectModel | undefined = undefined,
>(
  request: Req,
  response: Res,
  settings?: Settings,
  config: JobsConfig<Req, Res, Settings> = {},
  ambient: Readonly<Record<string, unknown>> = {},
): JobsApp => buildApp(definitionOf({ request, response, settings }, config, ambient));
