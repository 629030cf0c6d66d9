import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { askedFields } from "../../domain/judge0/fields.ts";
import { viewOf } from "../../domain/judge0/view.ts";
import type { DoorCaller } from "../kit/door-caller.ts";
import { isBase64, isObject, readBody } from "./body.ts";
import { contract } from "./contract.ts";
import { type Judge0Operation, plainError } from "./face.ts";
import { findSubmission } from "./find.ts";
import { invalidFields } from "./submissions.ts";
import { knownLanguages, type Submitted, submitOne } from "./submit.ts";

export const BATCH_MOST = 20;
const UNREADABLE =
  "some attributes for one or more submissions cannot be converted to UTF-8, use base64_encoded=true query parameter";

/** Why so many submissions are no batch; null for a batch. */
const refuseCount = (c: Context, count: number): Response | null => {
  if (count > BATCH_MOST) {
    const error = `number of submissions in a batch should be less than or equal to ${BATCH_MOST}`;
    return c.json({ error }, 400);
  }
  return count > 0 ? null : c.json({ error: "there should be at least one submission in a batch" }, 400);
};

/** The entries of a body: a list, or an object with one. */
const entriesOf = (value: unknown): readonly unknown[] | null => {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return null;
  const { submissions = [] } = value;
  return Array.isArray(submissions) ? submissions : null;
};

/** A batch is accepted as a whole or not at all: what was made of one that met the quota is taken back. */
const takeBack = async (deps: Deps, { clientKey }: DoorCaller, made: readonly Submitted[]): Promise<void> => {
  for (const one of made) {
    if (one.kind !== "accepted") continue;
    const job = deps.jobs.byId(one.token);
    await job.cancel();
    await deps.quotas.release(clientKey, job.objectId);
  }
};

const createAll = async (c: Context, deps: Deps, caller: DoorCaller): Promise<Response> => {
  const body = await readBody(c);
  if (body.kind === "refused") return plainError(c, body.status);
  const entries = entriesOf(body.value);
  if (entries === null) return plainError(c, 400);
  const refused = refuseCount(c, entries.length);
  if (refused !== null) return refused;
  const known = await knownLanguages(deps);
  const reading = { isBase64: isBase64(c, deps.doors.implicitBase64), known };
  const made: Submitted[] = [];
  for (const entry of entries) {
    const one = await submitOne(c, deps, caller, isObject(entry) ? entry : {}, reading);
    if (one.kind === "refused") {
      await takeBack(deps, caller, made);
      return one.response;
    }
    made.push(one);
  }
  const isGood = made.some(({ kind }) => kind === "accepted");
  const answers = made.map((one) => (one.kind === "accepted" ? { token: one.token } : errorsOf(one)));
  return c.json(answers, isGood ? 201 : 422);
};

const errorsOf = (one: Submitted): Record<string, string[]> => (one.kind === "wrong" ? one.errors : {});

export const createBatch = (deps: Deps): Judge0Operation => ({
  contract: contract(
    "post",
    "/submissions/batch",
    "Create up to 20 submissions",
    [201, 400, 422, 429, 503],
    "list",
    { submissions: [{ source_code: "print(6 * 7)", language_id: 71 }] },
  ),
  handle: ({ c, caller }) => createAll(c, deps, caller),
});

export const getBatch = (deps: Deps): Judge0Operation => ({
  contract: contract("get", "/submissions/batch", "Members of up to 20 submissions", [200, 400]),
  handle: async ({ c }) => {
    const tokens = (c.req.query("tokens") ?? c.req.header("tokens") ?? "")
      .split(",")
      .map((token) => token.trim())
      .filter((token) => token !== "");
    const refused = refuseCount(c, tokens.length);
    if (refused !== null) return refused;
    const asked = askedFields(c.req.query("fields"));
    if (asked.kind === "invalid") return invalidFields(c, asked.names);
    const isEncoded = isBase64(c, deps.doors.implicitBase64);
    const seen = await Promise.all(tokens.map((token) => findSubmission(deps, token)));
    const views = seen.map((one) => (one === null ? undefined : viewOf(one, asked.names, isEncoded)));
    if (views.includes(null)) return c.json({ error: UNREADABLE }, 400);
    return c.json({ submissions: views.map((view) => view ?? null) });
  },
});
