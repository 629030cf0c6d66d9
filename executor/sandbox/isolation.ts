import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IsolationLevel } from "../../src/wire/vocabulary.ts";
import { openGroupTree } from "./group-tree.ts";
import type { Accounting } from "./job-group.ts";
import { createSandboxPipes, pipesPerSlot } from "./pipes.ts";
import type { Machine } from "./profile.ts";
import { startSandbox, type Workshop } from "./sandbox.ts";
import { assembleFilter, currentArchitecture, encodeFilter } from "./seccomp-filter.ts";
import { makeSharedFiles } from "./shared-files.ts";
import { startSpawner } from "./spawner.ts";
import type { Architecture } from "./syscalls.ts";
import { type TrialResult, tryOut } from "./trial.ts";

const TRIAL_WORKSPACE_BYTES = 1024 * 1024;

/** What was found about this machine, one fact a name. */
export type Findings = Readonly<Record<string, boolean | number | string | null>>;

export interface Isolation {
  /** Null when no sandbox works here and none was not asked for. */
  readonly level: IsolationLevel | null;
  readonly accounting: Accounting;
  readonly findings: Findings;
  readonly workshop: Workshop;
  close(): void;
}

const writeFilter = (architecture: Architecture): string => {
  const folder = mkdtempSync(join(tmpdir(), "sandpiper-filter-"));
  const path = join(folder, "filter.bpf");
  writeFileSync(path, encodeFilter(assembleFilter(architecture)), { mode: 0o600 });
  return path;
};

const holds = ({ complaint: _, ...found }: TrialResult): boolean => Object.values(found).every(Boolean);

const describeTrial = (result: TrialResult | null): Findings => ({
  sandboxStarts: result?.started ?? false,
  noCapabilities: result?.noCapabilities ?? false,
  noNewPrivileges: result?.noNewPrivileges ?? false,
  systemCallsFiltered: (result?.filtered ?? false) && (result?.refusesDeniedCall ?? false),
  nodeFound: result?.findsNode ?? false,
  leavesNothing: result?.leavesNothing ?? false,
  complaint: result === null || result.complaint === "" ? null : result.complaint,
});

const trialIn = async (workshop: Workshop): Promise<TrialResult> =>
  tryOut(
    startSandbox(
      workshop,
      { workspaceBytes: TRIAL_WORKSPACE_BYTES, root: null, layer: null },
      { slot: 0, directFolder: null, name: `trial-${Number(workshop.machine.disableUserns)}` },
    ),
  );

/** Tries the profile as it is meant first, then without what a container's read-only /proc/sys forbids. */
const findMachine = async (
  parts: Omit<Workshop, "machine">,
  own: Omit<Machine, "level" | "disableUserns">,
) => {
  let result: TrialResult | null = null;
  for (const disableUserns of [true, false]) {
    const machine: Machine = {
      ...own,
      level: parts.groups === null ? 2 : 1,
      disableUserns,
    };
    result = await trialIn({ ...parts, machine });
    if (holds(result)) return { machine, result };
  }
  return { machine: null, result };
};

/**
 * Finds the isolation level by running real programs, and prepares what
 * sandboxes are made with. With `none`, sandboxes are not tried at all.
 */
export const openIsolation = async (choice: "auto" | "none", sandboxes: number): Promise<Isolation> => {
  const groups = openGroupTree();
  const architecture = currentArchitecture();
  const filterPath = writeFilter(architecture);
  const spawner = await startSpawner(architecture, sandboxes * pipesPerSlot);
  const parts = { groups, filterPath, spawner, pipes: createSandboxPipes(spawner) };
  const isRoot = process.getuid?.() === 0;
  const shared = makeSharedFiles(isRoot);
  const own = { isRoot, shared };
  const direct: Machine = { ...own, level: 0, disableUserns: false };
  const found = choice === "none" ? { machine: direct, result: null } : await findMachine(parts, own);
  return {
    level: found.machine?.level ?? null,
    accounting: groups?.kind ?? "proc",
    findings: {
      ...describeTrial(found.result),
      runsAsRoot: isRoot,
      cgroups: groups?.kind ?? null,
      nestedUserNamespacesDisabled: found.machine?.disableUserns ?? false,
      architecture: process.arch,
    },
    workshop: { ...parts, machine: found.machine ?? direct },
    close: () => {
      spawner.close();
      shared.remove();
      groups?.close();
      rmSync(join(filterPath, ".."), { recursive: true, force: true });
    },
  };
};
