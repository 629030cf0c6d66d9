import { ask, isRecord, type Json, textOf } from "../shared/ask.ts";

const OVER = new Set(["succeeded", "failed", "cancelled", "expired"]);

export const isOver = (job: Json): boolean => OVER.has(textOf(job.status));

export const dataOf = (body: Json): Json => (isRecord(body.data) ? body.data : {});

/** The service holds each answer back until the job ends, for at most so long. */
const WAIT_SECONDS = 60;

/** A workload's job each time that there is news of it, until it has ended. */
export async function* followJob(path: string, id: string, signal: AbortSignal): AsyncGenerator<Json> {
  const address = `/${path}/${encodeURIComponent(id)}`;
  let job = dataOf((await ask(address, { signal })).body);
  yield job;
  while (!isOver(job)) {
    const headers = { Prefer: `wait=${WAIT_SECONDS}` };
    job = dataOf((await ask(address, { signal, headers })).body);
    yield job;
  }
}
