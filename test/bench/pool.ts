import { type ExecutorHome, makeHome, startExecutor } from "../e2e/support/executors.ts";
import { type Server, startServer } from "../e2e/support/server.ts";
import { bareRun } from "./lib/bare.ts";
import { median, spread, table } from "./lib/figures.ts";
import { type Program, programs } from "./lib/programs.ts";
import { clientOf, lifted, throughput } from "./lib/service.ts";

const ROUNDS = 30;
const WARM_UP_ROUNDS = 3;
const EXECUTORS = [1, 2, 4];
const CLIENTS = 8;
const QUEUED = 24;
const bash: Program | undefined = programs.find(({ interpreter }) => interpreter === "bash");

/** The program's first and last instruction read the clock; one machine, one clock. */
const CLOCKS = "echo $EPOCHREALTIME; echo $EPOCHREALTIME";

const nowMs = (): number => performance.timeOrigin + performance.now();

const clocksOf = (text: string): readonly [number, number] => {
  const [first = Number.NaN, last = Number.NaN] = text
    .trim()
    .split("\n")
    .map((line) => Number(line) * 1_000);
  return [first, last];
};

const runAndRead = async (server: Server): Promise<readonly [number, number]> => {
  const client = clientOf(server);
  const { job_id: id } = await client.submit({ code: CLOCKS, interpreter: "bash" });
  await client.wait(id);
  return clocksOf(await client.text(id));
};

/** Milliseconds from sending a submission to the program's first instruction, while nothing else is there. */
const placingWhenIdle = async (server: Server): Promise<number[]> => {
  const took: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const sentAtMs = nowMs();
    const [startedAtMs] = await runAndRead(server);
    if (round >= 0) took.push(startedAtMs - sentAtMs);
  }
  return took;
};

/** Milliseconds from one program's last instruction to the next one's first, in the only slot there is. */
const placingWhenFull = async (server: Server): Promise<number[]> => {
  const clocks = await Promise.all(Array.from({ length: QUEUED }, () => runAndRead(server)));
  const inOrder = clocks.toSorted(([one], [other]) => one - other);
  return inOrder.slice(1).map(([startedAtMs], at) => startedAtMs - (inOrder[at]?.[1] ?? Number.NaN));
};

const withServer = async <T>(
  vars: Readonly<Record<string, string>>,
  slots: string | undefined,
  use: (server: Server) => Promise<T>,
): Promise<T> => {
  const before = process.env.EXECUTOR_SLOTS;
  if (slots !== undefined) process.env.EXECUTOR_SLOTS = slots;
  const server = await startServer({ vars: { ...lifted, ...vars } });
  if (before === undefined) delete process.env.EXECUTOR_SLOTS;
  else process.env.EXECUTOR_SLOTS = before;
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
};

/** Bare spawns a second, with as many at once as there are clients. */
const bareRate = async (program: Program, durationMs: number): Promise<number> => {
  const startedAtMs = performance.now();
  let runs = 0;
  const keepGoing = async (): Promise<void> => {
    while (performance.now() - startedAtMs < durationMs) {
      await bareRun(program);
      runs += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, keepGoing));
  return (runs * 1_000) / (performance.now() - startedAtMs);
};

const scaling = async (program: Program, durationMs: number): Promise<string[][]> => {
  const homes: ExecutorHome[] = [];
  for (let at = 1; at < Math.max(...EXECUTORS); at += 1) homes.push(await makeHome());
  const trusted = homes.map(({ workerId }) => workerId).join(",");
  try {
    return await withServer({ TRUSTED_EXECUTORS: trusted }, undefined, async (server) => {
      const rows: string[][] = [];
      const bare = await bareRate(program, durationMs);
      let joined = 1;
      const started: Awaited<ReturnType<typeof startExecutor>>[] = [];
      try {
        for (const count of EXECUTORS) {
          for (const home of homes.slice(joined - 1, count - 1)) {
            started.push(await startExecutor(home, server.url, 4));
          }
          joined = count;
          const rate = await throughput(server, program, CLIENTS, durationMs);
          rows.push([String(count), rate.toFixed(1), `${Math.round((100 * rate) / bare)} %`]);
        }
      } finally {
        for (const executor of started) await executor.kill();
      }
      return rows;
    });
  } finally {
    for (const home of homes) await home.remove();
  }
};

/** What placing costs: from a submission to the program, and how more executors share the work. */
export const benchPool = async (durationMs: number): Promise<string> => {
  if (bash === undefined) throw new Error("there is no bash program");
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) bare.push(await bareRun(bash));
  const idle = await withServer({}, undefined, placingWhenIdle);
  const full = await withServer({}, "1", placingWhenFull);
  const placing = table(
    ["placing, ms", "median / p95", "of a bare run"],
    [
      ["bare bash, start to end", spread(bare), "1.0x"],
      [
        "idle pool: submit to first instruction",
        spread(idle),
        `${(median(idle) / median(bare)).toFixed(1)}x`,
      ],
      ["full pool: room to first instruction", spread(full), `${(median(full) / median(bare)).toFixed(1)}x`],
    ],
  );
  const shares = table(
    [`executors, ${CLIENTS} clients`, "runs per second", "of bare spawns"],
    await scaling(bash, durationMs),
  );
  return `${placing}\n\n${shares}`;
};

if (import.meta.main) process.stdout.write(`${await benchPool(5_000)}\n`);
