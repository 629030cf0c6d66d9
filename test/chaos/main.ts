import { setTimeout as delay } from "node:timers/promises";
import { localState, persistenceDir } from "../../scripts/lib/local.ts";
import { optionsOf } from "../../scripts/lib/usage.ts";
import { bucketFaults, countsOf, endsOf, faultsOf } from "./check.ts";
import { type Fault, rounds } from "./faults.ts";
import { answersByStatus, faultyAnswers, type Load, startLoad, unanswered } from "./load.ts";
import { type Site, startSite } from "./site.ts";
import { readStoredState } from "./stored-state.ts";

const usage = `Usage: npm run chaos -- [--jobs N] [--seconds S] [--only WORDS] [--settle S]

Runs npm start with two more executors under a load of N jobs of all faces (300), spread over S seconds (150),
and meanwhile kills, suspends and starves its processes, one fault after the other. Then everything must have
ended within --settle seconds (300), and what lies on the disk must agree with itself and with what clients were
answered. --only takes the faults whose names have these words. It mounts small file systems, so it wants root.`;

const values = optionsOf(usage, {
  jobs: { type: "string", default: "300" },
  seconds: { type: "string", default: "150" },
  settle: { type: "string", default: "300" },
  only: { type: "string", default: "" },
});
const numberOf = (text: string | undefined): number => {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  process.stderr.write(`--jobs, --seconds and --settle take whole numbers.\n${usage}\n`);
  return process.exit(2);
};
const startedAtMs = performance.now();
const say = (line: string): void => {
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1).padStart(6);
  process.stdout.write(`${seconds} s  ${line}\n`);
};

const inflictAll = async (site: Site): Promise<string[]> => {
  const failed: string[] = [];
  const inflict = async ({ name, inflict: does }: Fault): Promise<void> => {
    say(`begins: ${name}`);
    await does(site).catch((error: unknown) => failed.push(`${name}: ${String(error)}`));
    say(`over:   ${name}`);
  };
  for (const round of rounds) {
    await Promise.all(round.filter(({ name }) => name.includes(values.only ?? "")).map(inflict));
    await delay(1_000);
  }
  return failed;
};

const SWEEP_EVERY_MS = 10 * 60_000;
const STRETCHES = 8;

/** The cron's sweep as it would be some steps later: each looks through another stretch of what there is. */
const sweepAt = async (url: string, step: number): Promise<void> => {
  const time = Date.now() + (step % STRETCHES) * SWEEP_EVERY_MS;
  const answer = await fetch(`${url}/cdn-cgi/local/scheduled?time=${time}`);
  const said = await answer.text();
  if (said !== "ok") throw new Error(`the sweep ended with ${said}`);
};

/** Waits for all to have ended, and then for what is owed to have been done; the time is limited. */
const settled = async (load: Load, withinMs: number, persisted: string, url: string): Promise<string[]> => {
  const deadlineMs = performance.now() + withinMs;
  let left = await load.unended();
  while (left.length > 0 && performance.now() < deadlineMs) {
    await delay(2_000);
    left = await load.unended();
  }
  say(`${load.accepted.length - left.length} of ${load.accepted.length} jobs have ended`);
  let faults = faultsOf(readStoredState(persisted), load.accepted);
  say(
    `${bucketFaults(readStoredState(persisted)).length} files are there that nobody owns, before the first sweep`,
  );
  for (let step = 0; faults.length > 0 && performance.now() < deadlineMs; step += 1) {
    await sweepAt(url, step);
    await delay(2_000);
    faults = faultsOf(readStoredState(persisted), load.accepted);
  }
  say("nothing more is owed, or the time is over");
  return left.map(({ kind, id }) => `${kind} ${id} has not ended`);
};

const main = async (): Promise<string[]> => {
  const site = await startSite();
  const over = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      over.abort();
      void site.remove().finally(() => process.exit(1));
    });
  }
  try {
    say(`the service runs at ${site.gateway.url}, its state in ${site.stateDir}`);
    const loading = startLoad({
      url: site.gateway.url,
      jobs: numberOf(values.jobs),
      overMs: numberOf(values.seconds) * 1_000,
      until: over.signal,
    });
    const missed = await inflictAll(site);
    const patience = delay(numberOf(values.settle) * 1_000, null, { signal: over.signal }).catch(() => null);
    const load = await Promise.race([loading, patience]);
    if (load === null) return [...missed, ...unanswered().map((what) => `not answered in time: ${what}`)];
    say(`${load.accepted.length} jobs were accepted`);
    const persisted = persistenceDir(localState(site.stateDir));
    const unended = await settled(load, numberOf(values.settle) * 1_000, persisted, site.gateway.url);
    over.abort();
    await site.stopProcesses();
    const state = readStoredState(persisted);
    for (const line of endsOf(state, load.accepted)) say(line);
    say(countsOf(state));
    say(`clients were answered ${answersByStatus()}`);
    const short = numberOf(values.jobs) - load.accepted.length;
    return [
      ...missed,
      ...(short > 0 ? [`${short} jobs were never accepted`] : []),
      ...load.surprises,
      ...faultyAnswers,
      ...unended,
      ...faultsOf(state, load.accepted),
    ];
  } finally {
    over.abort();
    await site.remove();
  }
};

const faults = await main();
for (const fault of faults.slice(0, 100)) process.stdout.write(`WRONG  ${fault}\n`);
say(faults.length === 0 ? "everything holds" : `${faults.length} things are wrong`);
process.exit(faults.length === 0 ? 0 : 1);
