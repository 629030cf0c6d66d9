import { setTimeout as delay } from "node:timers/promises";
import { LEASE_MS } from "../../src/wire/limits.ts";
import { childNamed } from "../bench/lib/processes.ts";
import { PHASES, type Phase } from "./gateway.ts";
import type { Member, Site } from "./site.ts";

/** What is done to the service while it works; settles when it is over. */
export type Fault = { readonly name: string; readonly inflict: (site: Site) => Promise<void> };

const PHASE_WITHIN_MS = 60_000;
const AWAY_MS = 15_000;

const memberOf = ({ members }: Site, at: number): Member => {
  const member = members[at % members.length];
  if (member === undefined) throw new Error("there is no executor");
  return member;
};

const killAt = (phase: Phase, at: number): Fault => ({
  name: `SIGKILL of an executor: ${phase}`,
  inflict: async (site) => {
    const member = memberOf(site, at);
    const late = delay(PHASE_WITHIN_MS).then(() => null);
    const release = await Promise.race([site.reaches(phase, member.key), late]);
    if (release === null)
      throw new Error(`no attempt came to "${phase}" within ${PHASE_WITHIN_MS / 1_000} s`);
    await member.kill();
    release();
  },
});

const killsAtPhases = PHASES.map(killAt);

const killService: Fault = {
  name: "SIGKILL of the service",
  inflict: (site) => site.restartService(),
};

const UNREPEATED = 24;
const MIDWAY_WITHIN_MS = 10_000;

/** Large submissions of clients that go away for good: the service ends when the first file is there, and nobody asks again. */
const killMidway: Fault = {
  name: "SIGKILL of the service amid submissions that nobody repeats",
  inflict: async (site) => {
    const body = JSON.stringify({ code: `: '${"x".repeat(200_000)}'`, interpreter: "bash" });
    const submit = async (_none: unknown, at: number): Promise<void> => {
      const headers = { "content-type": "application/json", "cf-connecting-ip": `10.9.7.${1 + at}` };
      const answer = await fetch(`${site.gateway.url}/submit`, { method: "POST", headers, body });
      await answer.arrayBuffer();
    };
    const begun = Promise.allSettled(Array.from({ length: UNREPEATED }, submit));
    const files = site.storedFiles();
    const deadlineMs = performance.now() + MIDWAY_WITHIN_MS;
    while (site.storedFiles() === files && performance.now() < deadlineMs) await delay(1);
    await site.restartService();
    await begun;
  },
};

/** The runtime alone, which `npm start` starts again; what its queues held in memory is lost. */
const killRuntime: Fault = {
  name: "SIGKILL of the Workers runtime",
  inflict: async (site) => {
    const { pid } = await site.server().running();
    process.kill(childNamed(pid, "workerd"), "SIGKILL");
  },
};

const suspend: Fault = {
  name: "SIGSTOP of an executor for longer than a lease",
  inflict: async (site) => {
    const child = memberOf(site, 0).executor()?.child;
    child?.kill("SIGSTOP");
    await delay(LEASE_MS + AWAY_MS);
    child?.kill("SIGCONT");
  },
};

const fullDisk: Fault = {
  name: "full disk of an executor",
  inflict: async (site) => {
    const { disk } = memberOf(site, 1);
    disk.fill();
    await delay(AWAY_MS);
    disk.empty();
  },
};

const unwritable: Fault = {
  name: "unwritable folder of an executor",
  inflict: async (site) => {
    const unlock = memberOf(site, 1).lock();
    await delay(AWAY_MS);
    unlock();
  },
};

const loseReports: Fault = {
  name: "the address of reports gone",
  inflict: async ({ gateway }) => {
    gateway.loseReports(true);
    await delay(AWAY_MS);
    gateway.loseReports(false);
  },
};

const fullState: Fault = {
  name: "full disk of the service's state",
  inflict: async ({ stateDisk }) => {
    stateDisk.fill();
    await delay(AWAY_MS);
    stateDisk.empty();
  },
};

/**
 * Side by side within a round, one round after the other. What ends the service comes first: a key whose request
 * died with it is taken for five minutes, and its client repeats the request for as long.
 */
export const rounds: readonly (readonly Fault[])[] = [
  [killMidway],
  [killMidway],
  [killService],
  [fullState],
  [killRuntime],
  [killService],
  ...killsAtPhases.map((fault) => [fault]),
  [suspend, fullDisk],
  [unwritable],
  [loseReports],
];
