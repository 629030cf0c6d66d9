import type { Context } from "hono";
import type { TypedJobDeps } from "../../deps/types.ts";
import { typedJobDepsFor } from "../../deps.ts";
import type { JobsDefinition } from "./config.ts";

/** Resolved per request: the app is built without any binding. An app called without bindings is told what it misses. */
export const depsOf = (c: Context): TypedJobDeps => typedJobDepsFor(c.env ?? {});

const DEFAULT_USERNAME = "apibasicauthuser";

const presented = (header: string | undefined): string | null => {
  const match = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? "");
  if (match?.[1] === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(match[1]), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};

/** Whether the header holds the credentials; both sides are hashed, so the comparison takes no hint of either. */
const holds = async (
  deps: TypedJobDeps,
  auth: NonNullable<JobsDefinition["auth"]>,
  header: string | undefined,
): Promise<boolean> => {
  const password = auth.password ?? deps.credentials.password;
  if (password === undefined) throw new Error("The secret BASIC_AUTH_PASSWORD is missing");
  const username = auth.username ?? deps.credentials.username ?? DEFAULT_USERNAME;
  const given = presented(header);
  const [expectedHash, givenHash] = await Promise.all([
    deps.ids.hashOf(`${username}:${password}`),
    deps.ids.hashOf(given ?? ""),
  ]);
  return deps.ids.isSame(expectedHash, givenHash) && given !== null;
};

/** Whether the request may pass: with the right credentials, or where none are wanted. */
export const isAuthorized = async (
  c: Context,
  deps: TypedJobDeps,
  { auth }: JobsDefinition,
): Promise<boolean> => auth === null || holds(deps, auth, c.req.header("authorization"));
