import { randomInt } from "node:crypto";
import { type Client, createClient } from "../../../src/client/index.ts";
import { type Server, startServer } from "../../e2e/support/server.ts";
import type { Program } from "./programs.ts";

/** No quota is in the way of what is measured. */
export const lifted = {
  RUN_MAX_ACTIVE: "1000",
  RUN_MAX_PER_HOUR: "1000000",
  RUN_CPU_SECONDS_PER_MINUTE: "1000000",
};

export const startService = (): Promise<Server> => startServer({ vars: lifted });

export const clientOf = (server: Pick<Server, "url">): Client =>
  createClient({
    baseUrl: server.url,
    headers: { "CF-Connecting-IP": `10.0.${randomInt(256)}.${randomInt(1, 255)}` },
  });

/** Milliseconds from sending a submission to knowing, by one waiting question, that the run completed. */
export const submitToCompleted = async (client: Client, { interpreter, hello }: Program): Promise<number> => {
  const startedAtMs = performance.now();
  const { job_id: id } = await client.submit({ code: hello, interpreter });
  const report = await client.wait(id);
  const tookMs = performance.now() - startedAtMs;
  if (report.status !== "completed") throw new Error(`a run ended with ${report.termination_reason}`);
  return tookMs;
};

/** Milliseconds from sending a submission to its first output in a socket that is opened at once. */
export const submitToFirstLog = async (client: Client, { interpreter, hello }: Program): Promise<number> => {
  const startedAtMs = performance.now();
  const { job_id: id } = await client.submit({ code: hello, interpreter });
  await client.logs(id).next();
  const tookMs = performance.now() - startedAtMs;
  await client.wait(id);
  return tookMs;
};

/** Milliseconds from a program's own reading of the clock to its text in a socket; one machine, one clock. */
export const printedToSocket = async (client: Client, { interpreter, clock }: Program): Promise<number> => {
  const { job_id: id } = await client.submit({ code: clock, interpreter });
  const { value } = await client.logs(id).next();
  const nowMs = performance.timeOrigin + performance.now();
  await client.wait(id);
  return nowMs - Number(value?.data);
};

/** Runs per second when that many clients each keep one run going for `durationMs`. */
export const throughput = async (
  server: Server,
  program: Program,
  concurrency: number,
  durationMs: number,
): Promise<number> => {
  const startedAtMs = performance.now();
  let runs = 0;
  const keepGoing = async (): Promise<void> => {
    const client = clientOf(server);
    while (performance.now() - startedAtMs < durationMs) {
      await submitToCompleted(client, program);
      runs += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, keepGoing));
  return (runs * 1_000) / (performance.now() - startedAtMs);
};
