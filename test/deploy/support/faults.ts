import { expect } from "vitest";
import type { Fault } from "../api/server.ts";
import type { Deployer, Ended } from "./command.ts";
import { r2Secret } from "./command.ts";

/** A command that a fault ended says so in words, as a failure, and shows neither stack nor secret. */
export const expectClear = ({ code, stdout, stderr }: Ended, about: string): void => {
  expect(code, `${about}: ${stderr}`).toBe(1);
  expect(stderr.trim().split("\n").at(-1)?.length ?? 0, about).toBeGreaterThan(10);
  expect(stdout + stderr, about).not.toMatch(/^\s+at .*\(.*:\d+:\d+\)/m);
  expect(stdout + stderr, about).not.toContain(r2Secret);
};

export const rotation: readonly Fault[] = ["500", "429", "cut", "timeout"];

/** More than any client's tries: a call that fails so often ends the command. */
export const PERSISTENT = 30;

type Faulting = {
  /** Where in the rotation it begins. */
  readonly offset?: number;
  /** So many calls of a name fail, until the run ends. */
  readonly times?: number;
  /** Which calls are meant; all of them where it is not said. */
  readonly only?: (call: string) => boolean;
};

/** Lays a fault at the first call of each name, the kinds taken in turn. Answers the calls that were met. */
export const faultEachCallOnce = (
  { api }: Deployer,
  { offset = 0, times = 1, only = () => true }: Faulting = {},
): Map<string, Fault> => {
  const met = new Map<string, Fault>();
  api.onCall = (call) => {
    if (met.has(call) || !only(call)) return;
    const fault = rotation[(met.size + offset) % rotation.length] ?? "500";
    met.set(call, fault);
    api.fault(call, fault, times);
  };
  return met;
};

/** Kills one run after the other, each at the first call of a name that no run was killed at. */
export const killAtEachCall = async (deployer: Deployer, args: readonly string[]): Promise<Set<string>> => {
  const met = new Set<string>();
  for (;;) {
    let killed = false;
    const { code, stderr } = await deployer.killed(args, (kill) => {
      deployer.api.onCall = (call) => {
        if (killed || met.has(call)) return;
        met.add(call);
        killed = true;
        kill();
      };
    });
    if (!killed) {
      expect(code, stderr).toBe(0);
      return met;
    }
  }
};

/** Runs the command until it is done, or as far as is enough; each run that a fault ended must say so. */
export const runUntilDone = async (
  deployer: Deployer,
  args: readonly string[],
  most: number,
  enough: () => boolean = () => false,
): Promise<number> => {
  for (let runs = 1; ; runs += 1) {
    const ended = await deployer.run(args);
    if (ended.code === 0 || enough()) return runs;
    expectClear(ended, `run ${runs}`);
    deployer.api.clearFaults();
    expect(runs, "it is not done yet").toBeLessThan(most);
  }
};
