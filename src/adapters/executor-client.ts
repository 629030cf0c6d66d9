import { z } from "zod";
import type { Executor, StartOutcome } from "../domain/ports/executor.ts";
import { attemptAccepted, environmentList, executorError, executorHealth } from "../wire/attempt.ts";

/**
 * Sends one request to an executor: over the network, or into a container of ours. `owner` is the id of
 * the job's object, by which an instance is chosen; null where any will do.
 */
export type ExecutorFetch = (path: string, owner: string | null, init: RequestInit) => Promise<Response>;

const ownerOf = (attemptId: string): string => attemptId.slice(0, attemptId.indexOf("."));

const START_TIMEOUT_MS = 30_000;
const ASK_TIMEOUT_MS = 3_000;

const retryAfterOf = (response: Response): number => {
  const seconds = z.coerce.number().int().min(1).max(60).safeParse(response.headers.get("retry-after"));
  return seconds.success ? seconds.data : 1;
};

const refusalOf = async (response: Response): Promise<StartOutcome> => {
  const body = executorError.safeParse(await response.json().catch(() => null));
  const code = body.success ? body.data.error.code : null;
  if (code === "busy" || code === "draining") {
    return { kind: "busy", retryAfterSeconds: retryAfterOf(response) };
  }
  if (response.status >= 500 || code === null) {
    return { kind: "unreachable", message: `executor answered ${response.status}` };
  }
  return { kind: "refused", message: `executor refused the attempt: ${code}` };
};

/** The executor's API (src/wire/attempt.ts) behind the port, whatever carries the requests. */
export const executorClient = (send: ExecutorFetch, token: string): Executor => {
  const call = (
    path: string,
    owner: string | null,
    init: RequestInit,
    timeoutMs: number,
  ): Promise<Response> =>
    send(path, owner, {
      ...init,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(timeoutMs),
    });
  const ask = async <T>(path: string, schema: z.ZodType<T>): Promise<T | null> => {
    try {
      const response = await call(path, null, {}, ASK_TIMEOUT_MS);
      const body = schema.safeParse(await response.json());
      return response.ok && body.success ? body.data : null;
    } catch {
      // Not answering is an expected state of an executor; the caller gets it as null.
      return null;
    }
  };
  return {
    start: async (request) => {
      try {
        const init = { method: "POST", body: JSON.stringify(request) };
        const response = await call("/attempts", ownerOf(request.attemptId), init, START_TIMEOUT_MS);
        if (!response.ok) return await refusalOf(response);
        const accepted = attemptAccepted.safeParse(await response.json());
        return accepted.success
          ? { kind: "accepted" }
          : { kind: "unreachable", message: "the executor's answer does not fit the protocol" };
      } catch (error) {
        return { kind: "unreachable", message: error instanceof Error ? error.name : "unknown error" };
      }
    },
    cancel: async (attemptId) => {
      try {
        const response = await call(
          `/attempts/${attemptId}`,
          ownerOf(attemptId),
          { method: "DELETE" },
          ASK_TIMEOUT_MS,
        );
        await response.body?.cancel();
        return response.ok;
      } catch {
        // The job's lease ends what an unreachable executor holds.
        return false;
      }
    },
    health: () => ask("/health", executorHealth),
    languages: async () => (await ask("/environments", environmentList))?.languages ?? null,
    environments: async () => (await ask("/environments", environmentList))?.environments ?? null,
  };
};

/** An executor at a URL: a process beside `npm start`, or one on a host of the owner's. */
export const fetchFromUrl =
  (baseUrl: string): ExecutorFetch =>
  (path, _owner, init) =>
    fetch(new URL(path, baseUrl), init);

/** Executors in `instances` containers of ours; a job's attempts always meet the same one. */
export const fetchFromContainers =
  (namespace: DurableObjectNamespace, instances: number): ExecutorFetch =>
  (path, owner, init) => {
    const index = owner === null ? 0 : Number.parseInt(owner.slice(0, 8), 16) % instances;
    const stub = namespace.get(namespace.idFromName(`executor-${index}`));
    return stub.fetch(new URL(path, "http://executor").href, init);
  };
