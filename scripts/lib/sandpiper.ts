import { loadIdentity } from "../../executor/identity.ts";
import { startExecutor } from "./executor-process.ts";
import { StartError } from "./fatal.ts";
import { executorKeyFile, host, type LocalState, localState, persistenceDir } from "./local.ts";
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

export type Sandpiper = { readonly url: string };

const refuseIfTaken = async (state: LocalState, { port }: LocalOptions): Promise<void> => {
  const running = readRunning(state);
  if (running) throw new StartError(`Sandpiper already runs at ${running.url} (process ${running.pid}).`);
  if (!(await isPortFree(port))) {
    throw new StartError(`Port ${port} is in use: stop what listens there, or choose another with --port.`);
  }
};

const answers = async (url: string): Promise<void> => {
  if (await answersWithin(`${url}/health`, readyMs)) return;
  throw new StartError(`${url}/health did not answer within ${readyMs / 1000} s.`);
};

/** Settles when the executor has joined; throws where it ends before, or takes too long. */
const joins = async (joined: Promise<void>, endedEarly: Promise<void>): Promise<void> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new StartError(`The executor did not join within ${readyMs / 1000} s.`)),
    readyMs,
  );
  const early = endedEarly.then(() => {
    throw new StartError("The executor ended before it was ready; its own words are above.");
  });
  try {
    await Promise.race([joined, early, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

/** Keeps the announcement true when the executor is started again with another process id. */
const announcer = (state: LocalState, url: string) => {
  let executorPid = 0;
  let isAnnounced = false;
  const write = (): void => writeRunning(state, { url, executorPid });
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
 * Starts the Worker, and an executor that joins its pool, and waits until it has. What has to be undone
 * later, in reverse order, is left on `stack`, also when this throws.
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
  const url = `http://${host}:${options.port}`;
  const { announce, onExecutor } = announcer(state, url);
  const keyFile = executorKeyFile(state);
  const { workerId } = loadIdentity(keyFile);

  await migrate(persistenceDir(state));
  const vars = localVars(options, workerId);
  const joined = Promise.withResolvers<void>();
  const [worker, executor] = await Promise.all([
    serve({
      port: options.port,
      state,
      secrets,
      vars,
      inspectPort: options.inspectPort,
      print: printer("worker"),
    }),
    startExecutor({
      joinUrl: url,
      storage: vars.R2_S3_ENDPOINT,
      keyFile,
      print: printer("executor"),
      onStart: onExecutor,
      onJoined: joined.resolve,
    }),
  ]);
  stack.defer(() => worker.stop());
  stack.defer(() => executor.stop());

  await answers(url);
  await joins(joined.promise, executor.endedEarly);
  executor.keepAlive();
  stack.defer(() => removeRunning(state));
  announce();
  return { url };
};
