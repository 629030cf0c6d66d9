import { startExecutor } from "./executor-process.ts";
import { StartError } from "./fatal.ts";
import { host, type LocalState, localState, persistenceDir } from "./local.ts";
import { migrate } from "./migrate.ts";
import type { LocalOptions } from "./options.ts";
import { printer } from "./output.ts";
import { isPortFree } from "./ports.ts";
import { readRunning, removeRunning, writeRunning } from "./running-file.ts";
import { localSecrets } from "./secrets.ts";
import type { Serve } from "./serve-miniflare.ts";
import { answersWithin } from "./wait-for.ts";
import { localVars } from "./worker-config.ts";

const readyMs = 60_000;

export type Sandpiper = { readonly url: string; readonly executorUrl: string };

const refuseIfTaken = async (state: LocalState, { port, executorPort }: LocalOptions): Promise<void> => {
  const running = readRunning(state);
  if (running) throw new StartError(`Sandpiper already runs at ${running.url} (process ${running.pid}).`);
  for (const [option, wanted] of Object.entries({ "--port": port, "--executor-port": executorPort })) {
    if (!(await isPortFree(wanted))) {
      throw new StartError(
        `Port ${wanted} is in use: stop what listens there, or choose another with ${option}.`,
      );
    }
  }
};

const untilBothAnswer = async (urls: Sandpiper, endedEarly: Promise<void>): Promise<void> => {
  const answers = Object.values(urls).map(async (url) => {
    if (!(await answersWithin(`${url}/health`, readyMs))) {
      throw new StartError(`${url}/health did not answer within ${readyMs / 1000} s.`);
    }
  });
  const early = endedEarly.then(() => {
    throw new StartError("The executor ended before it was ready; its own words are above.");
  });
  await Promise.race([Promise.all(answers), early]);
};

/** Keeps the announcement true when the executor is started again with another process id. */
const announcer = (state: LocalState, urls: Sandpiper) => {
  let executorPid = 0;
  let isAnnounced = false;
  const write = (): void => writeRunning(state, { ...urls, executorPid });
  return {
    announce: (): void => {
      isAnnounced = true;
      write();
    },
    onExecutor: (pid: number): void => {
      executorPid = pid;
      if (isAnnounced) write();
    },
  };
};

/**
 * Starts the executor and the Worker and waits until both answer. What has to be undone later, in
 * reverse order, is left on `stack`, also when this throws.
 * @throws StartError with one line for the user.
 */
export const startSandpiper = async (
  options: LocalOptions,
  serve: Serve,
  stack: AsyncDisposableStack,
): Promise<Sandpiper> => {
  const state = localState(options.stateDir);
  await refuseIfTaken(state, options);
  const secrets = await localSecrets(state.secretsFile);
  const urls = {
    url: `http://${host}:${options.port}`,
    executorUrl: `http://${host}:${options.executorPort}`,
  };
  const { announce, onExecutor } = announcer(state, urls);
  const vars = { ...secrets, ...localVars(options) };

  const executor = await startExecutor({
    port: options.executorPort,
    token: secrets.EXECUTOR_TOKEN,
    reportTo: urls.url,
    storage: vars.R2_S3_ENDPOINT,
    stateDir: state.executorDir,
    print: printer("executor"),
    onStart: onExecutor,
  });
  stack.defer(() => executor.stop());

  await migrate(persistenceDir(state));
  const worker = await serve({ port: options.port, state, vars, print: printer("worker") });
  stack.defer(() => worker.stop());

  await untilBothAnswer(urls, executor.endedEarly);
  executor.keepAlive();
  stack.defer(() => removeRunning(state));
  announce();
  return urls;
};
