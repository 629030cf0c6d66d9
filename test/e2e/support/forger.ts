import { randomBytes } from "node:crypto";
import { connect } from "../../../executor/pool/connection.ts";
import { type FromExecutor, POOL_CLOSE, type ToExecutor } from "../../../src/wire/pool.ts";
import type { FinishedEvent } from "../../../src/wire/report.ts";
import type { ExecutorHome } from "./executors.ts";

/** The one environment that a forger says it has, so that it is offered what asks for that and nothing else. */
export const FORGERS_ENVIRONMENT = "forged";

const finished = (): FinishedEvent => ({
  n: 1,
  type: "finished",
  atMs: Date.now(),
  reason: "exit",
  exitCode: 0,
  signal: null,
  message: null,
  cpuSeconds: 0,
  memoryPeakBytes: 1,
  wallTimeMs: 1,
  truncated: { stdout: false, stderr: false },
  outputs: [],
  outputsDropped: 0,
  isolation: 1,
  accounting: "none",
  signature: null,
});

const HELLO: FromExecutor = {
  type: "hello",
  protocol: 3,
  version: "0",
  name: "forger",
  slots: 1,
  memory_mb: 10_000,
  environments: [
    {
      name: FORGERS_ENVIRONMENT,
      description: "",
      interpreters: ["python3"],
      packages: [],
      diskBytes: 0,
      uses: 0,
    },
  ],
  languages: [],
  isolation: 1,
  accounting: "none",
  held: [],
};

/** Joins a pool by a trusted key, and reports results that it does not sign; leaves when it is told to. */
export const startForger = (home: ExecutorHome, joinUrl: string) => {
  const instance = randomBytes(16).toString("hex");
  const forge = async ({ attempt, memory_mb }: Extract<ToExecutor, { type: "offer" }>): Promise<void> => {
    if (attempt === undefined) throw new Error("the offer came without its attempt");
    const { attemptId: attempt_id, attemptToken } = attempt;
    connection.send({ type: "accepted", attempt_id, memory_mb });
    await fetch(`${joinUrl}/executor/attempts/${attempt_id}/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${attemptToken}`, "content-type": "application/json" },
      body: JSON.stringify({ events: [finished()] }),
    });
    connection.send({ type: "released", attempt_id, memory_mb });
  };
  const joined = Promise.withResolvers<void>();
  const connection = connect(
    { joinUrl, instance, identity: home.identity, startToken: null },
    {
      onMessage: (message) => {
        if (message.type === "offer") void forge(message);
        else if (message.type === "leave") connection.close(POOL_CLOSE.left);
        else if (message.type === "welcome") {
          connection.send(HELLO);
          joined.resolve();
        }
      },
      onEnd: (reason) => joined.reject(new Error(reason)),
    },
  );
  return { instance, joined: joined.promise, leave: () => connection.close(POOL_CLOSE.left) };
};
