import { chownSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FIRST_UID, type Shape } from "./profile.ts";
import { type Sandbox, startSandbox, type Workshop } from "./sandbox.ts";

export interface SandboxSupply {
  /** A sandbox of this shape that nobody used before; there must be a slot for it. */
  take(shape: Shape): Sandbox;
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

/** Hands out slots: a uid, a pair of pipes and a name, used by one sandbox at a time. */
export const createSandboxSupply = (workshop: Workshop, slots: number): SandboxSupply => {
  const free = Array.from({ length: slots }, (_, slot) => slot);
  const living = new Map<Sandbox, Promise<void>>();
  let started = 0;

  const start = (shape: Shape): Sandbox => {
    const slot = free.shift();
    if (slot === undefined) throw new Error("more sandboxes than slots");
    started += 1;
    const directFolder = createDirectFolder(workshop, slot);
    const sandbox = startSandbox(workshop, shape, { slot, directFolder, name: `job-${started}` });
    const gone = sandbox.closed.then(async () => {
      if (directFolder !== null) await rm(directFolder, { recursive: true, force: true });
      living.delete(sandbox);
      free.push(slot);
    });
    living.set(sandbox, gone);
    return sandbox;
  };

  return {
    take: start,
    close: async () => {
      for (const sandbox of living.keys()) sandbox.kill();
      await Promise.all(living.values());
    },
  };
};
