import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { type Caller, STRANGER } from "../../domain/access/caller.ts";
import { afterFailure, type Face, mountFace, type Operation } from "../kit/face.ts";
import { frame } from "../kit/frame.ts";
import { mountDescription } from "../meta/description-routes.ts";
import { depsOf } from "./auth.ts";
import { definitionOf, type JobsConfig, type JobsDefinition, type ObjectModel } from "./config.ts";
import { addCors, isPreflight } from "./cors.ts";
import { jobsFace } from "./face.ts";
import { operationsOf } from "./operations.ts";
import type { JobsOperation } from "./respond.ts";
import { COMMON_PROBLEMS, type JobsSchemas, schemasOf } from "./schemas.ts";

/** What an app of typed jobs offers beside its routes. */
export type JobsExtras = {
  readonly definition: JobsDefinition;
  /** Lets through whom this face lets through, for routes of the deployer's own. */
  readonly requireAuth: MiddlewareHandler;
  /** Lets through whoever may read the description. */
  readonly guardDescription: MiddlewareHandler;
  /** What these routes share; an app that mounts this one asks it for paths that nothing answers. */
  readonly face: Face<Caller>;
};

export type JobsApp = OpenAPIHono & JobsExtras;

const nothingThere =
  (face: Face<Caller>) =>
  (c: Context): Response => {
    addCors(c);
    if (isPreflight(c)) return c.body(null, 204);
    return face.refuse(c, { code: "not_found", message: "No such path" });
  };

/** The operation in its place in the app, with the credentials that the app asks for. */
const operationOf = (
  definition: JobsDefinition,
  schemas: JobsSchemas,
  { contract: contractOf, handler, isOpen }: JobsOperation,
): Operation<Caller> => {
  const handle = (c: Context, caller: Caller) => handler({ c, deps: depsOf(c), definition, caller });
  const found = contractOf(schemas);
  const contract = { ...found, path: `${definition.prefix}${found.path}` };
  if (isOpen) return { contract, handle: (c) => handle(c, STRANGER), isOpen };
  const basicAuth = definition.auth === null ? [] : [{ basicAuth: [] }];
  const security = [...basicAuth, { bearerKey: [] }, { headerKey: [] }];
  const responses = { ...COMMON_PROBLEMS, ...found.responses };
  return { contract: { ...contract, security, responses }, handle: ({ c, caller }) => handle(c, caller) };
};

/** The face's check as a middleware, for routes that the deployer adds. */
const guardOf =
  (face: Face<Caller>): MiddlewareHandler =>
  async (c, next) => {
    const access = await face.access(c);
    return access.kind === "allow" ? next() : face.refuse(c, access.refusal);
  };

/** Who may read the description: everybody, unless the app has credentials of its own. */
const descriptionGuard = (definition: JobsDefinition, requireAuth: MiddlewareHandler): MiddlewareHandler =>
  definition.auth === null ? (_c, next) => next() : requireAuth;

const describe = (app: OpenAPIHono, definition: JobsDefinition, schemas: JobsSchemas): void => {
  for (const [name, schema] of Object.entries(schemas.definitions))
    app.openAPIRegistry.registerComponent("schemas", name, schema);
  app.openAPIRegistry.registerComponent("securitySchemes", "bearerKey", { type: "http", scheme: "bearer" });
  app.openAPIRegistry.registerComponent("securitySchemes", "headerKey", {
    type: "apiKey",
    in: "header",
    name: "x-api-key",
  });
  if (definition.auth !== null)
    app.openAPIRegistry.registerComponent("securitySchemes", "basicAuth", { type: "http", scheme: "basic" });
};

/** The app of complete definition; deployers call `createApp`. */
const buildApp = (definition: JobsDefinition): JobsApp => {
  const app = new OpenAPIHono({ strict: false });
  const face = jobsFace(definition);
  const requireAuth = guardOf(face);
  const guardDescription = descriptionGuard(definition, requireAuth);
  app.onError((error, c) => {
    addCors(c);
    return afterFailure(face, c, error);
  });
  app.notFound(nothingThere(face));
  const schemas = schemasOf(definition);
  describe(app, definition, schemas);
  for (const root of face.roots)
    app.use(
      `${root}/*`,
      frame(() => face),
    );
  const operations = operationsOf(definition.settings !== null);
  mountFace(
    app,
    face,
    operations.map((operation) => operationOf(definition, schemas, operation)),
  );
  mountDescription(app, {
    info: { title: definition.title, version: definition.version },
    tags: [
      { name: "jobs", description: "Typed requests that workers take, report on and answer." },
      { name: "settings", description: "What the owner changes while the service runs." },
    ],
    guard: guardDescription,
    assetsOf: (c) => depsOf(c).assets,
  });
  return Object.assign(app, { definition, face, requireAuth, guardDescription });
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
