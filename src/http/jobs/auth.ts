import type { Context } from "hono";
import type { TypedJobDeps } from "../../deps/types.ts";
import { typedJobDepsFor } from "../../deps.ts";
import type { Caller } from "../../domain/access/caller.ts";
import { basicText } from "../../domain/access/credentials.ts";
import { checkKey, keyHolder } from "../kit/callers.ts";
import type { Access } from "../kit/face.ts";
import type { JobsDefinition } from "./config.ts";

/** Resolved per request: the app is built without any binding. An app called without bindings is told what it misses. */
export const depsOf = (c: Context): TypedJobDeps => typedJobDepsFor(c.env ?? {});

const DEFAULT_USERNAME = "apibasicauthuser";

/**
 * Whether the header holds the credentials, with the present password or the one before. Both sides are hashed, and each
 * is compared, so that the time tells nothing of them.
 */
const holds = async (
  deps: TypedJobDeps,
  auth: NonNullable<JobsDefinition["auth"]>,
  header: string | undefined,
): Promise<boolean> => {
  const password = auth.password ?? deps.credentials.password;
  if (password === undefined) throw new Error("The secret BASIC_AUTH_PASSWORD is missing");
  const username = auth.username ?? deps.credentials.username ?? DEFAULT_USERNAME;
  const given = basicText(header);
  const givenHash = await deps.ids.hashOf(given ?? "");
  let isHeld = false;
  for (const one of [password, deps.credentials.previousPassword ?? password])
    isHeld = deps.ids.isSame(givenHash, await deps.ids.hashOf(`${username}:${one}`)) || isHeld;
  return isHeld && given !== null;
};

/** Whoever has the app's own credentials works on the jobs of all. */
const COLLEAGUE: Caller = { owner: null, quotaClass: "default", worksForAll: true };
const HINT = "Send one of the service's keys as x-api-key, or in authorization";

/** Who calls: somebody with the app's own credentials where it has some, the holder of a key, or anybody. */
export const jobsCaller = async (
  c: Context,
  deps: TypedJobDeps,
  { auth }: JobsDefinition,
): Promise<Access<Caller>> => {
  if (auth === null) return keyHolder(c, deps, ["jobs", "work"], HINT);
  if (await holds(deps, auth, c.req.header("authorization"))) return { kind: "allow", caller: COLLEAGUE };
  const check = await checkKey(c, deps, ["jobs", "work"]);
  if (check.kind === "holder") return { kind: "allow", caller: check.caller };
  const message = "Credentials are missing or wrong";
  return {
    kind: "refuse",
    refusal: check.kind === "none" ? { code: "unauthorized", message } : check.refusal,
  };
};
