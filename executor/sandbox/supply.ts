import { chownSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../log.ts";
import { FIRST_UID, type Shape } from "./profile.ts";
import { type Sandbox, startSandbox, type Workshop } from "./sandbox.ts";
import { createWarmShelf, type WarmShelf } from "./warm-shelf.ts";

/** A refill waits for the job that made it necessary to end, but not longer than this. */
const REFILL_MS = 100;
/** Starting a process stops the event loop for some ms: the ended job's result goes out first. */
const RESULT_FIRST_MS = 15;
/** A killed process is gone within some ms; one that the kernel holds on to is worth a word. */
const LINGERING_MS = 5_000;

export interface SandboxReservation {
  take(): Promise<Sandbox>;
  /** What was not taken will not be. */
  release(): void;
}

export interface SandboxSupply {
  /** A sandbox of this shape that nobody used before; a warm one if there is one. */
  take(shape: Shape): Promise<Sandbox>;
  /** Has sandboxes of this shape made ready ahead of a job that takes so many, one after the other. */
  reserve(shape: Shape, count: number): SandboxReservation;
  /** Keeps sandboxes of this shape ready from now on. */
  keepWarm(shape: Shape, count: number): void;
  /** Ends every sandbox, and settles when they are gone. */
  close(): Promise<void>;
}

/** At level 0 there is no namespace to hold /job: a folder of the machine stands in. */
const createDirectFolder = (workshop: Workshop, slot: number): string | null => {
  if (workshop.machine.level !== 0) return null;
  const folder = mkdtempSync(join(tmpdir(), "sandpiper-job-"));
  if (workshop.machine.isRoot) chownSync(folder, FIRST_UID + slot, FIRST_UID + slot);
  return folder;
};

/** Starts sandboxes, each in a slot of its own: a uid, a pair of pipes and a name. */
const createStarter = (workshop: Workshop, slots: number, onLingering: (name: string) => void) => {
  const free = Array.from({ length: slots }, (_, slot) => slot);
  const living = new Map<Sandbox, Promise<void>>();
  let started = 0;
  return {
    living,
    hasRoom: (): boolean => free.length > 0,
    start: (shape: Shape): Sandbox => {
      const slot = free.shift();
      if (slot === undefined) throw new Error("more sandboxes than slots");
      started += 1;
      const directFolder = createDirectFolder(workshop, slot);
      const name = `job-${started}`;
      const sandbox = startSandbox(workshop, shape, { slot, directFolder, name });
      const lingering = sandbox.ended.then(() => setTimeout(() => onLingering(name), LINGERING_MS));
      const gone = sandbox.closed.then(async () => {
        clearTimeout(await lingering);
        if (directFolder !== null) await rm(directFolder, { recursive: true, force: true });
        living.delete(sandbox);
        free.push(slot);
      });
      living.set(sandbox, gone);
      return sandbox;
    },
  };
};

/**
 * Hands out single-use sandboxes. Warm ones were started ahead of time and
 * wait for orders; the place of one that was taken is filled when its job is over, so that starting the
 * next does not slow that job down.
 */
export const createSandboxSupply = (
  workshop: Workshop,
  { slots, keepsWarm, log }: { readonly slots: number; readonly keepsWarm: boolean; readonly log: Log },
): SandboxSupply => {
  const starter = createStarter(workshop, slots, (name) => log("sandbox_lingers", { name }));
  const shelf: WarmShelf = createWarmShelf(starter);
  let closing = false;

  const refillAfter = (sandbox: Sandbox): void => {
    const refill = (): void => {
      clearTimeout(timer);
      if (!closing) shelf.refill();
    };
    const timer = setTimeout(refill, REFILL_MS);
    const onClosed = (): unknown => setTimeout(refill, RESULT_FIRST_MS);
    sandbox.closed.then(onClosed, onClosed);
  };
  const makeRoom = async (): Promise<void> => {
    while (!starter.hasRoom()) {
      shelf.dismissOldest();
      await Promise.race(starter.living.values());
    }
  };

  const take = async (shape: Shape): Promise<Sandbox> => {
    const warm = keepsWarm ? shelf.take(shape) : null;
    if (warm === null) await makeRoom();
    const sandbox = warm ?? starter.start(shape);
    if (keepsWarm) refillAfter(sandbox);
    return sandbox;
  };
  return {
    take,
    reserve: (shape, count) => {
      let left = keepsWarm ? count : 0;
      const change = (by: number): void => {
        left += by;
        shelf.expect(shape, by);
      };
      if (left > 0) shelf.expect(shape, left);
      if (left > 0) shelf.refill();
      return {
        take: () => {
          if (left > 0) change(-1);
          return take(shape);
        },
        release: () => {
          if (left > 0) change(-left);
        },
      };
    },
    keepWarm: (shape, count) => {
      shelf.want(shape, count);
      shelf.refill();
    },
    close: async () => {
      closing = true;
      for (const sandbox of starter.living.keys()) sandbox.kill();
      await Promise.all(starter.living.values());
    },
  };
};
