import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { type Face, mountFace, type Operation } from "../kit/face.ts";
import { frame } from "../kit/frame.ts";
import { mountDescription } from "../meta/description-routes.ts";
import { depsOf } from "./auth.ts";
import { definitionOf, type JobsConfig, type JobsDefinition, type ObjectModel } from "./config.ts";
import { addCors, isPreflight } from "./cors.ts";
import { componentsOf, routeConfig } from "./description.ts";
import { jobsFace } from "./face.ts";
import { type JobsOperation, operationsOf } from "./operations.ts";

/** What an app of typed jobs offers beside its routes. */
export type JobsExtras = {
  readonly definition: JobsDefinition;
  /** Basic auth as this face has it, for routes of the deployer's own. */
  readonly requireAuth: MiddlewareHandler;
  /** What these routes share; an app that mounts this one asks it for paths that nothing answers. */
  readonly face: Face<null>;
};

export type JobsApp = OpenAPIHono & JobsExtras;

const nothingThere =
  (face: Face<null>) =>
  (c: Context): Response => {
    addCors(c);
    if (isPreflight(c)) return c.body(null, 204);
    return face.refuse(c, { code: "not_found", message: "No such path" });
  };

const operationOf = (definition: JobsDefinition, { described, handler }: JobsOperation): Operation<null> => {
  const handle = (c: Context) => handler({ c, deps: depsOf(c), definition });
  const contract = routeConfig(definition, described);
  return described.isOpen ? { contract, handle, isOpen: true } : { contract, handle: ({ c }) => handle(c) };
};

/** The face's check as a middleware, for routes that the deployer adds and for the API description. */
const guardOf =
  (face: Face<null>): MiddlewareHandler =>
  async (c, next) => {
    const access = await face.access(c);
    return access.kind === "allow" ? next() : face.refuse(c, access.refusal);
  };

const describe = (app: OpenAPIHono, definition: JobsDefinition): void => {
  for (const [name, schema] of Object.entries(componentsOf(definition)))
    app.openAPIRegistry.registerComponent("schemas", name, schema);
  if (definition.auth !== null)
    app.openAPIRegistry.registerComponent("securitySchemes", "basicAuth", { type: "http", scheme: "basic" });
};

/** The app of complete definition; deployers call `createApp`. */
const buildApp = (definition: JobsDefinition): JobsApp => {
  const app = new OpenAPIHono({ strict: false });
  const face = jobsFace(definition);
  const requireAuth = guardOf(face);
  app.onError((error, c) => {
    addCors(c);
    return face.failed(c, error);
  });
  app.notFound(nothingThere(face));
  describe(app, definition);
  for (const root of face.roots)
    app.use(
      `${root}/*`,
      frame(() => face),
    );
  const operations = operationsOf(definition.settings !== null);
  mountFace(
    app,
    face,
    operations.map((operation) => operationOf(definition, operation)),
  );
  mountDescription(app, {
    info: { title: definition.title, version: definition.version },
    guard: requireAuth,
    assetsOf: (c) => depsOf(c).assets,
  });
  return Object.assign(app, { definition, face, requireAuth });
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
