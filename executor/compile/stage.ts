import type { AttemptRequest } from "../../src/wire/attempt.ts";
import type { Spool } from "../collect.ts";
import type { Environment } from "../environments.ts";
import type { InteractiveLink } from "../interactive/link.ts";
import type { InstalledLanguage, InstalledLanguages } from "../languages/installed.ts";
import type { Reporter } from "../reporter.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { SandboxReservation, SandboxSupply } from "../sandbox/supply.ts";
import { type Ending, infrastructure } from "../verdict.ts";
import type { CompileCache } from "./cache.ts";
import type { FileTree } from "./file-tree.ts";

/** What a program in a language is run with. */
export interface LanguageContext {
  readonly supply: SandboxSupply;
  readonly languages: InstalledLanguages;
  readonly compileCache: CompileCache;
  readonly environment: Environment;
  readonly reporter: Reporter;
  readonly spool: Spool;
  readonly signal: AbortSignal;
  readonly limitsDataPerProcess: boolean;
  /** Where somebody sits before the program. */
  readonly link: InteractiveLink | null;
}

/** Whatever runs at a time of a job that has several steps. */
interface Step {
  stop(ending: Ending): void;
  resumeLogs?(): void;
}

/** One job while its steps follow each other: what runs now, what lies on disk, and whether it was stopped. */
export interface Stage {
  readonly request: AttemptRequest;
  readonly context: LanguageContext;
  stop(ending: Ending): void;
  resumeLogs(): void;
  stoppedWith(): Ending | null;
  /** Starts a step in a sandbox; one that cannot even start leaves none behind. */
  inSandbox<T extends Step>(sandbox: Sandbox, start: () => T): T;
  /** This runs from now on; it is stopped if that was asked meanwhile. */
  follow<T extends Step>(step: T): T;
  /** The job's sandboxes, made ready ahead of their use. */
  readonly sandboxes: SandboxReservation;
  /** Deletes the tree when the job is over. */
  hold(tree: FileTree): FileTree;
  clear(): Promise<void>;
}

/** Where a program of this language runs: in the layer, or on the machine with the environment's own layer. */
const shapeFor = ({ limits }: AttemptRequest, { root }: InstalledLanguage, { layer }: Environment) => ({
  workspaceBytes: limits.workspaceBytes,
  root,
  layer: root === null ? layer : null,
});

export const createStage = (
  request: AttemptRequest,
  installed: InstalledLanguage,
  context: LanguageContext,
): Stage => {
  let stoppedWith: Ending | null = null;
  let running: Step | null = null;
  const trees: FileTree[] = [];
  const follow = <T extends Step>(step: T): T => {
    running = step;
    if (stoppedWith !== null) step.stop(stoppedWith);
    return step;
  };
  const steps = (request.cases?.total ?? 1) + (installed.language.compile === null ? 0 : 1);
  const sandboxes = context.supply.reserve(shapeFor(request, installed, context.environment), steps);
  return {
    request,
    context,
    sandboxes,
    follow,
    stop: (ending) => {
      stoppedWith ??= ending;
      running?.stop(stoppedWith);
    },
    resumeLogs: () => running?.resumeLogs?.(),
    stoppedWith: () => stoppedWith,
    inSandbox: (sandbox, start) => {
      try {
        return follow(start());
      } catch (error) {
        sandbox.kill();
        throw error;
      }
    },
    hold: (tree) => {
      trees.push(tree);
      return tree;
    },
    clear: async () => {
      sandboxes.release();
      running?.stop(infrastructure("internal"));
      for (const tree of trees) await tree.drop();
    },
  };
};
