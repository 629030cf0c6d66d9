import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { askedFields } from "../../domain/judge0/fields.ts";
import { standOf, viewOf } from "../../domain/judge0/view.ts";
import type { DoorCaller } from "../kit/door-caller.ts";
import { answerWhenDone } from "../kit/hang-up.ts";
import { isBase64, isObject, isOn, membersOf, readBody } from "./body.ts";
import { contract } from "./contract.ts";
import { isUser, type Judge0Operation, plainError } from "./face.ts";
import { findSubmission } from "./find.ts";
import { knownLanguages, submitOne } from "./submit.ts";

/** With `wait` a submission is answered when it ends, or after this. */
const WAIT_MS = 100_000;

export const UNREADABLE =
  "some attributes for this submission cannot be converted to UTF-8, use base64_encoded=true query parameter";

/** Of one that was there, and was deleted while its caller waited. */
const DELETED = "the submission was deleted";

export const invalidFields = (c: Context, names: readonly string[]): Response =>
  c.json({ error: `invalid fields: [${names.join(", ")}]` }, 400);

/** The submission when it has ended, or as it is when the wait is over. */
const answerWaiting = (c: Context, deps: Deps, token: string, isEncoded: boolean): Promise<Response> => {
  const asked = askedFields(c.req.query("fields"));
  const names = asked.kind === "fields" ? asked.names : [];
  const work = async () => {
    const seen = await findSubmission(deps, token, WAIT_MS);
    const view = seen === null ? null : viewOf(seen, names, isEncoded);
    return view ?? { error: seen === null ? DELETED : UNREADABLE, token };
  };
  return answerWhenDone(c, 201, work(), () => deps.jobs.byId(token).cancel());
};

const create = async (c: Context, deps: Deps, caller: DoorCaller): Promise<Response> => {
  const body = await readBody(c);
  if (body.kind === "refused") return plainError(c, body.status);
  if (!isObject(body.value)) return plainError(c, 400);
  const asked = askedFields(c.req.query("fields"));
  if (asked.kind === "invalid") return invalidFields(c, asked.names);
  const known = await knownLanguages(deps);
  const given = membersOf(c, body.value);
  const isEncoded = isBase64(c, deps.doors.implicitBase64, body.value);
  const outcome = await submitOne(c, deps, caller, given, { isBase64: isEncoded, known });
  if (outcome.kind === "refused") return outcome.response;
  if (outcome.kind === "wrong") return c.json(outcome.errors, 422);
  if (!isOn(c, "wait", body.value)) return c.json({ token: outcome.token }, 201);
  return answerWaiting(c, deps, outcome.token, isEncoded);
};

export const createSubmission = (deps: Deps): Judge0Operation => ({
  contract: contract(
    "post",
    "/submissions",
    "Create a submission",
    [201, 400, 415, 422, 429, 503],
    "object",
    {
      source_code: "print(6 * 7)",
      language_id: 71,
    },
  ),
  handle: ({ c, caller }) => create(c, deps, caller),
});

export const getSubmission = (deps: Deps): Judge0Operation => ({
  contract: contract("get", "/submissions/{token}", "A submission's members", [200, 400, 404]),
  handle: async ({ c }) => {
    const asked = askedFields(c.req.query("fields"));
    if (asked.kind === "invalid") return invalidFields(c, asked.names);
    const seen = await findSubmission(deps, c.req.param("token") ?? "");
    if (seen === null) return plainError(c, 404);
    const view = viewOf(seen, asked.names, isBase64(c, deps.doors.implicitBase64));
    return view === null ? c.json({ error: UNREADABLE }, 400) : c.json(view);
  },
});

const QUEUED_OR_RUNNING = 2;

const remove = async (c: Context, deps: Deps): Promise<Response> => {
  if (!(await isUser(c, deps))) return plainError(c, 403);
  const asked = askedFields(c.req.query("fields"));
  if (asked.kind === "invalid") return invalidFields(c, asked.names);
  const token = c.req.param("token") ?? "";
  const seen = await findSubmission(deps, token);
  if (seen === null) return plainError(c, 404);
  const { id, description } = standOf(seen);
  if (id <= QUEUED_OR_RUNNING) {
    const error = `submission cannot be deleted because its status is ${id} (${description})`;
    return c.json({ error }, 400);
  }
  const view = viewOf(seen, asked.names, true);
  await deps.jobs.byId(token).remove();
  return c.json(view);
};

/** Tokens are secrets, so nothing is listed, and only who operates the service deletes. */
export const closedSubmissions = (deps: Deps): Judge0Operation[] => [
  {
    contract: contract("get", "/submissions", "Never lists anything: tokens are secrets", [403]),
    handle: ({ c }) => plainError(c, 403),
  },
  {
    contract: contract("delete", "/submissions/{token}", "Only for operators", [200, 400, 403, 404]),
    handle: ({ c }) => remove(c, deps),
  },
];
