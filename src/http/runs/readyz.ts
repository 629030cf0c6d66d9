import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import type { RunOperation } from "./face.ts";
import { jsonResponse } from "./schemas.ts";

/** Load balancers ask often; so long an answer stands. */
const CACHED_MS = 10_000;
/** A key that nothing is stored under: reading it shows that the bucket answers. */
const PROBE_KEY = "readyz";

const state = z.enum(["ok", "failing"]);
const readiness = z.object({
  status: z.enum(["ready", "not_ready"]),
  checks: z.object({ database: state, bucket: state, queues: state, executor: state }),
  problem: z.string().optional().openapi({ description: "What the owner has to do, where that is known" }),
});
type Readiness = z.infer<typeof readiness>;

type Parts = Pick<Deps, "now" | "log" | "rows" | "bucket" | "pool">;

const stateOf = async ({ log }: Parts, name: string, ask: () => Promise<unknown>) => {
  try {
    await ask();
    return "ok" as const;
  } catch (error) {
    log.warn("readyz.failing", error, { check: name });
    return "failing" as const;
  }
};

/** A database that answers may still lack what the migrations make, and then every later error is a riddle. */
const lackOf = (missing: readonly string[]): string | null =>
  missing.length === 0
    ? null
    : `The database lacks ${missing.join(", ")}: apply the migrations (sandpiper update, or wrangler d1 migrations apply DB)`;

/** Something must be there to run programs, or be on its way. */
const askPool = async ({ pool }: Parts): Promise<void> => {
  const { status } = await pool.summary();
  if (status !== "joined") throw new Error(`executors: ${status}`);
};

const look = async (parts: Parts): Promise<Readiness> => {
  let problem: string | null = null;
  const askDatabase = async (): Promise<void> => {
    problem = lackOf(await parts.rows.missing());
    if (problem !== null) throw new Error(problem);
  };
  const [database, bucket, executor] = await Promise.all([
    stateOf(parts, "database", askDatabase),
    stateOf(parts, "bucket", () => parts.bucket.get(PROBE_KEY)),
    stateOf(parts, "executor", () => askPool(parts)),
  ]);
  // Without its queues the configuration is not complete, and no request comes this far.
  const checks = { database, bucket, queues: "ok" as const, executor };
  const isReady = [database, bucket, executor].every((one) => one === "ok");
  const answer = { status: isReady ? ("ready" as const) : ("not_ready" as const), checks };
  return problem === null ? answer : { ...answer, problem };
};

export const readyz = (deps: Parts): RunOperation => {
  let known: { readonly atMs: number; readonly answer: Readiness } | null = null;
  return {
    isOpen: true,
    contract: {
      method: "get",
      path: "/readyz",
      operationId: "getReadiness",
      tags: ["runs"],
      summary: "Whether a run that is submitted now can run",
      description: "Each part is named; an answer stands for 10 seconds.",
      responses: {
        200: jsonResponse("All parts answer", readiness),
        503: jsonResponse("Something that runs need does not answer", readiness),
      },
    },
    handle: async (c) => {
      const now = deps.now();
      if (known === null || now - known.atMs >= CACHED_MS) known = { atMs: now, answer: await look(deps) };
      c.header("Cache-Control", "no-store");
      return c.json(known.answer, known.answer.status === "ready" ? 200 : 503);
    },
  };
};
