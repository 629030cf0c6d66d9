import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { bodyOf, readBytes } from "../kit/body.ts";
import { type DoorAnswer, doorBody, doorResponses } from "../kit/door-responses.ts";
import { connect } from "./connect.ts";
import { execute } from "./execute.ts";
import { type PistonOperation, ROOT } from "./face.ts";
import { runtimesOf, shownPackages, shownRuntimes } from "./runtimes.ts";

/** What clients look for in the root. */
const GREETING = { message: "Piston v3.1.1" };
const PACKAGE_BODY_BYTES = 65_536;

const contract = (
  method: "get" | "post" | "delete",
  path: string,
  summary: string,
  statuses: readonly number[],
  answer: DoorAnswer = "object",
  example?: object,
) => ({
  method,
  path,
  operationId: `${method}Piston${path.replace(/[^A-Za-z0-9]+(\w?)/g, (_all, next: string) => next.toUpperCase())}`,
  tags: ["piston"],
  summary,
  request: doorBody(example),
  responses: doorResponses(statuses, answer),
});

/** Packages are the deployment's: one that is there cannot be changed, and one that is not is unknown. */
const changePackage = async (c: Context, deps: Deps): Promise<Response> => {
  const bytes = await readBytes(bodyOf(c), PACKAGE_BODY_BYTES);
  const given = z
    .object({ language: z.string(), version: z.string() })
    .safeParse(await new Response(bytes ?? "").json().catch(() => null));
  if (!given.success) return c.json({ message: "language and version are required as strings" }, 400);
  const { language, version } = given.data;
  const { languages } = await deps.pool.capabilities();
  const isKnown = shownPackages(runtimesOf(languages)).some((one) => one.language === language);
  if (isKnown) return c.json({ message: "packages are fixed in this deployment" }, 403);
  return c.json({ message: `Requested package ${language}-${version} does not exist` }, 404);
};

const below = (deps: Deps, root: string): PistonOperation[] => [
  { contract: contract("get", root, "What this is", [200]), handle: ({ c }) => c.json(GREETING) },
  {
    contract: contract("get", `${root}/runtimes`, "Languages that are offered", [200], "list"),
    handle: async ({ c }) => c.json(shownRuntimes(runtimesOf((await deps.pool.capabilities()).languages))),
  },
  {
    contract: contract("get", `${root}/packages`, "Packages behind the languages", [200], "list"),
    handle: async ({ c }) => c.json(shownPackages(runtimesOf((await deps.pool.capabilities()).languages))),
  },
  ...(["post", "delete"] as const).map(
    (method): PistonOperation => ({
      contract: contract(method, `${root}/packages`, "Never changes anything", [400, 403, 404]),
      handle: ({ c }) => changePackage(c, deps),
    }),
  ),
  {
    contract: contract(
      "post",
      `${root}/execute`,
      "Run a program and wait for its end",
      [200, 400, 413, 415, 429, 503],
      "object",
      { language: "python", version: "*", files: [{ content: "print(6 * 7)" }] },
    ),
    handle: ({ c, caller }) => execute(c, deps, caller),
  },
  {
    contract: contract(
      "get",
      `${root}/connect`,
      "Run a program and sit before it, over a WebSocket",
      [101, 426],
    ),
    handle: ({ c, caller }) => connect(c, deps, caller),
  },
];

/** Piston's door, at its own place and where the public service had it. */
export const pistonOperations = (deps: Deps): PistonOperation[] => [
  ...below(deps, ROOT),
  ...below(deps, `${ROOT}/piston`),
];
