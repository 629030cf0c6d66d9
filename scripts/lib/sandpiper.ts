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
  const running = await readRunning(state);
  if (running) throw new StartError(`Sandpiper already runs at ${running.url} (process ${running.pid}).`);
  for (const [option, wanted] of Object.entries({ "--port": port, "--executor-port": executorPort })) {
    if (!(await isPortFree(wanted))) {
      throw new StartError(
        `Port ${wanted} is in use: stop what listens there, or choose another with ${option}.`,
      );
    }
  }
};

/** Serves; what has to be undone later, in reverse order, is left on `stack`. */
export const startSandpiper = async (
  options: LocalOptions,
  serve: Serve,
  stack: AsyncDisposableStack,
): Promise<Sandpiper> => {
  const state = localState(options.stateDir);
  await refuseIfTaken(state, options);
  const secrets = await localSecrets(state.secretsFile);
  const url = `http://${host}:${options.port}`;
  const executorUrl = `http://${host}:${options.executorPort}`;

  let executorPid = 0;
  let isReady = false;
  const announce = (): void => writeRunning(state, { url, executorUrl, pid: process.pid, executorPid });
  const executor = await startExecutor({
    port: options.executorPort,
    token: secrets.EXECUTOR_TOKEN,
    reportTo: url,
    stateDir: state.executorDir,
    print: printer("executor"),
    onStart: (pid) => {
      executorPid = pid;
      if (isReady) announce();
    },
  });
  stack.defer(() => executor.stop());

  await migrate(persistenceDir(state));
  const worker = await serve({
    port: options.port,
    state,
    vars: { ...secrets, ...localVars(options) },
    print: printer("worker"),
  });
  stack.defer(() => worker.stop());

  const answers = Promise.all([
    answersWithin(`${url}/health`, readyMs),
    answersWithin(`${executorUrl}/health`, readyMs),
  ]);
  const early = executor.endedEarly.then(() => {
    throw new StartError("The executor ended before it was ready; its own words are above.");
  });
  const [workerUp, executorUp] = await Promise.race([answers, early]);
  if (!workerUp) throw new StartError(`${url}/health did not answer within ${readyMs / 1000} s.`);
  if (!executorUp) throw new StartError(`${executorUrl}/health did not answer within ${readyMs / 1000} s.`);

  executor.keepAlive();
  isReady = true;
  stack.defer(() => removeRunning(state));
  announce();
  return { url, executorUrl };
};
