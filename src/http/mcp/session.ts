import { z } from "zod";
import type { Ids } from "../../domain/ports/ids.ts";
import type { JobObjects } from "../../domain/ports/job-objects.ts";

/**
 * A session is a random name and nothing else: no server keeps any state of it. Clients before revision
 * 2026-07-28 cancel by a request of its own, which names only the id of the one to cancel. The run of a call
 * therefore has an id that follows from session and request id, so that whichever isolate gets the
 * cancellation finds the run.
 */
const SESSION = /^[0-9a-f]{32}$/;
const RUN_DIGITS = 32;

export const SESSION_HEADER = "Mcp-Session-Id";

/** The session that a request names; null for one that is not of our making. */
export const sessionOf = (header: string | undefined): string | null =>
  header !== undefined && SESSION.test(header) ? header : null;

export type RequestId = string | number;

const runIdOf = async (ids: Ids, session: string, request: RequestId): Promise<string> =>
  `job-${(await ids.hashOf(`mcp ${session} ${JSON.stringify(request)}`)).slice(0, RUN_DIGITS)}`;

type RunNames = { readonly ids: Ids; readonly jobs: JobObjects };

/**
 * Id for the run that a request makes. A client that takes up an old session may count its requests from the
 * start again: its run gets an id by chance, and cannot be cancelled by a notification.
 */
export const newRunId = async (
  { ids, jobs }: RunNames,
  session: string | null,
  request: RequestId,
): Promise<string> => {
  if (session === null) return ids.runId();
  const id = await runIdOf(ids, session, request);
  return (await jobs.byId(id).snapshot()) === null ? id : ids.runId();
};

const cancelled = z.object({
  method: z.literal("notifications/cancelled"),
  params: z.object({ requestId: z.union([z.string(), z.number()]) }),
});

/** Ids of the requests that a body's notifications cancel; older clients send several in one array. */
export const cancelledRequests = (body: unknown): RequestId[] =>
  (Array.isArray(body) ? body : [body]).flatMap((message) => {
    const parsed = cancelled.safeParse(message);
    return parsed.success ? [parsed.data.params.requestId] : [];
  });

/** A cancellation may overtake the request that it cancels. */
const OVERTAKEN_MS = [0, 250, 1_000, 3_000];

/** Stops the run that a request of this session made, if it made one. */
export const cancelRunOf = async (
  { ids, jobs }: RunNames,
  session: string,
  request: RequestId,
): Promise<void> => {
  const run = jobs.byId(await runIdOf(ids, session, request));
  for (const waitMs of OVERTAKEN_MS) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if ((await run.cancel()) !== null) return;
  }
};
