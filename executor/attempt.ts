import type { AttemptRequest } from "../src/wire/attempt.ts";
import { INTERACTIVE_CLOSE } from "../src/wire/interactive.ts";
import { createSpool } from "./collect.ts";
import type { CompileCache } from "./compile/cache.ts";
import { runLanguage } from "./compile/run-language.ts";
import type { Environment, Environments } from "./environments.ts";
import { type InteractiveLink, openLink } from "./interactive/link.ts";
import type { InstalledLanguages } from "./languages/installed.ts";
import { attemptFields, errorKind, type Log } from "./log.ts";
import { meterSupply } from "./metered-supply.ts";
import { noOutputs, nothingRan, type Outcome, type ResultContext, toFinishedEvent } from "./outcome.ts";
import { programOrders } from "./program.ts";
import { createReportClient } from "./report-client.ts";
import { createReporter } from "./reporter.ts";
import { type RunningProgram, runProgram } from "./run-program.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import type { SandboxSupply } from "./sandbox/supply.ts";
import { createOriginCheck } from "./storage-origins.ts";
import { uploadOutputs } from "./upload.ts";
import { type Ending, infrastructure, killedFor } from "./verdict.ts";

/** What every attempt on this executor shares. */
export interface AttemptTools extends ResultContext {
  readonly supply: SandboxSupply;
  readonly environments: Environments;
  readonly storageOrigins: readonly string[];
  readonly languages: InstalledLanguages;
  readonly compileCache: CompileCache;
  /** Address of the service, which attempts are reported to. */
  readonly joinUrl: string;
  readonly log: Log;
}

/** One attempt that this executor holds; it heartbeats from the moment it is made. */
export interface Attempt {
  /**
   * Runs the program and reports its end; call it once. `onSandboxGone` is called when the slot is free
   * again, before outputs are uploaded and the result is reported. Never rejects.
   */
  run(onSandboxGone: () => void): Promise<void>;
  /** Ends it at once with this ending; the result is still reported. */
  stop(ending: Ending): void;
}

/** Addresses that the attempt's bytes are to be fetched from. */
const addressesOf = ({ inputs, program, cases }: AttemptRequest): readonly string[] =>
  [...inputs.map(({ blob }) => blob), program.stdin, cases?.blob].flatMap((blob) =>
    blob?.kind === "url" ? [blob.url] : [],
  );

/** Makes an attempt; nothing of it runs before `run`. */
export const createAttempt = (request: AttemptRequest, tools: AttemptTools): Attempt => {
  const abort = new AbortController();
  const spool = createSpool();
  let stoppedWith: Ending | null = null;
  let program: RunningProgram | null = null;

  const stop = (ending: Ending): void => {
    stoppedWith ??= ending;
    abort.abort();
    program?.stop(stoppedWith);
    program?.resumeLogs();
  };
  const isAllowed = createOriginCheck(tools.joinUrl, tools.storageOrigins);
  const client = createReportClient(tools.joinUrl, request, tools.identity);
  const { supply, usage } = meterSupply(tools.supply);
  const reporter = createReporter(client, {
    usage,
    onSignal: () => stop(killedFor("cancelled")),
    onDrained: () => program?.resumeLogs(),
  });

  const limitsDataPerProcess = tools.accounting === "proc";
  /** Whatever fails here leaves no sandbox behind. */
  const runIn = (sandbox: Sandbox, environment: Environment): Promise<Outcome> => {
    try {
      const orders = programOrders(request, environment, limitsDataPerProcess);
      program = runProgram(sandbox, request, { orders, reporter, spool, signal: abort.signal });
      return program.done;
    } catch (error) {
      sandbox.kill();
      throw error;
    }
  };
  /** A client that goes away ends its program; one that cannot be reached never had one. */
  const withLink = async (use: (link: InteractiveLink | null) => Promise<Outcome>): Promise<Outcome> => {
    if (request.interactive === undefined) return use(null);
    const link = await openLink(tools.joinUrl, request, () => stop(killedFor("cancelled")));
    let code: number = INTERACTIVE_CLOSE.failed;
    try {
      const outcome = await use(link);
      const { reason } = outcome.ending;
      if (reason !== "infrastructure" && reason !== "bad_input") code = INTERACTIVE_CLOSE.done;
      return outcome;
    } finally {
      link.close(code);
    }
  };
  const runAs = async (environment: Environment): Promise<Outcome> => {
    const { language, limits } = request;
    if (language !== undefined) {
      const { signal } = abort;
      const context = { ...tools, supply, environment, reporter, spool, signal, limitsDataPerProcess };
      return withLink(async (link) => {
        program = runLanguage(request, language, { ...context, link });
        return program.done;
      });
    }
    const { workspaceBytes } = limits;
    const { layer } = environment;
    return runIn(await supply.take({ workspaceBytes, root: null, layer }), environment);
  };
  const execute = async (onSandboxGone: () => void): Promise<Outcome> => {
    const environment = tools.environments.find(request.program.environment);
    if (stoppedWith !== null) return nothingRan(stoppedWith);
    if (environment === null) return nothingRan(infrastructure("environment"));
    if (!addressesOf(request).every(isAllowed)) return nothingRan(infrastructure("origin"));
    tools.environments.countUse(environment.info.name);
    const outcome = await runAs(environment);
    onSandboxGone();
    const { outputs } = outcome.collection;
    if (await uploadOutputs(client, outputs, { isAllowed, signal: abort.signal })) return outcome;
    return { ...outcome, ending: stoppedWith ?? infrastructure("upload"), collection: noOutputs };
  };
  const run = async (onSandboxGone: () => void): Promise<void> => {
    const named = attemptFields(request);
    const outcome = await execute(onSandboxGone).catch((error: unknown) => {
      tools.log("attempt_failed", { ...named, error: errorKind(error) });
      program?.stop(infrastructure("internal"));
      return nothingRan(infrastructure("internal"));
    });
    const stored = await reporter.finish(toFinishedEvent(request, outcome, tools));
    await spool.clear();
    const { reason, exitCode } = outcome.ending;
    tools.log("attempt_finished", { ...named, reason, exitCode, stored });
  };
  return { run, stop };
};
