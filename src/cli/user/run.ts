import { text } from "node:stream/consumers";
import { type Command, InvalidArgumentError } from "commander";
import type { Client, Manifest, RunReport } from "../../client/index.ts";
import { connectionOf } from "../connection.ts";
import { CommandFailed } from "../failure.ts";
import { clientOf, told } from "./client.ts";
import { rememberRun } from "./history.ts";
import { programFiles } from "./program-files.ts";
import { progressLine } from "./progress.ts";
import { endLine, exitCodeOf } from "./run-end.ts";
import { checkFolder, placeBelow, saveTo } from "./save.ts";

type Options = {
  readonly out?: string;
  readonly entrypoint?: string;
  readonly interpreter?: Manifest["interpreter"];
  readonly language?: string;
  readonly environment?: string;
  readonly env?: readonly string[];
  readonly outputs?: readonly string[];
  readonly timeout?: number;
  readonly memory?: number;
  readonly stdin?: boolean;
  readonly detach?: boolean;
  readonly ignore?: boolean;
  readonly json?: boolean;
};

const variablesOf = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new CommandFailed(`--env wants NAME=VALUE, not ${pair}.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );

/** Only what was given; the service has its own word for the rest. */
const given = <T extends object>(members: T): { [Name in keyof T]: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]: Exclude<T[Name], undefined>;
  };

const manifestOf = async (
  options: Options,
  entrypoint: string | null,
  args: readonly string[],
): Promise<Manifest> =>
  given({
    entrypoint: options.entrypoint ?? entrypoint ?? undefined,
    interpreter: options.interpreter,
    language: options.language,
    environment: options.environment,
    timeout: options.timeout,
    memory_mb: options.memory,
    args: args.length === 0 ? undefined : [...args],
    env: options.env === undefined ? undefined : variablesOf(options.env),
    outputs: options.outputs === undefined ? undefined : [...options.outputs],
    stdin: options.stdin === true ? await text(process.stdin) : undefined,
  }) as Manifest;

/** An interrupt cancels the run; its end is then shown as any other. */
const cancellingOnInterrupt = async <T>(client: Client, id: string, work: () => Promise<T>): Promise<T> => {
  const cancel = (): void => {
    client.cancel(id).catch((error: unknown) => process.stderr.write(`sandpiper: ${String(error)}\n`));
  };
  // In place of what ends this process at once: the run's own end is waited for.
  process.removeAllListeners("SIGINT");
  process.once("SIGINT", cancel);
  try {
    return await work();
  } finally {
    process.removeListener("SIGINT", cancel);
  }
};

/** Shows a log as it comes, each stream on its own. */
export const showLog = async (client: Client, id: string): Promise<void> => {
  for await (const { stream, data } of client.logs(id)) process[stream].write(data);
};

/** Writes what a run made below a folder. */
export const saveOutputs = async (
  client: Client,
  id: string,
  report: RunReport,
  folder: string,
): Promise<void> => {
  for (const name of Object.keys(report.output_files))
    await saveTo(placeBelow(folder, name), await client.download(id, name));
};

const show = async (client: Client, id: string, options: Options): Promise<void> => {
  if (options.json !== true) await showLog(client, id);
  const report = await client.wait(id);
  if (options.out !== undefined) await saveOutputs(client, id, report, options.out);
  if (options.json === true) {
    const { stdout, stderr } = await client.printed(id);
    process.stdout.write(`${JSON.stringify({ ...report, stdout, stderr })}\n`);
  }
  const line = endLine(report);
  if (line !== null) process.stderr.write(`${line}\n`);
  process.exitCode = exitCodeOf(report);
};

const run = async (command: Command, program: string, args: readonly string[]): Promise<void> => {
  const options = command.optsWithGlobals<Options>();
  const client = clientOf(command);
  if (options.out !== undefined) await checkFolder(options.out);
  const { files, entrypoint, ignored } = await programFiles(program, { ignores: options.ignore !== false });
  if (ignored > 0)
    process.stderr.write(`sandpiper: ${ignored} left out by .gitignore; --no-ignore sends everything\n`);
  const manifest = await manifestOf(options, entrypoint, args);
  const { job_id: id } = await client.submit({ files, manifest }, { onProgress: progressLine(program) });
  rememberRun({ id, url: connectionOf(command).url, program, at: Date.now() });
  if (options.detach !== true) return cancellingOnInterrupt(client, id, () => show(client, id, options));
  process.stdout.write(options.json === true ? `${JSON.stringify({ job_id: id })}\n` : `${id}\n`);
};

/** A whole number from 1 on. @throws InvalidArgumentError for any other text. */
export const whole = (text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1 on.");
};

export const addRun = (program: Command): void => {
  program
    .command("run")
    .description("runs a program or a folder, shows its log, and ends with its exit code")
    .argument("<program>", "a file, or a folder with main.py, index.js or run.sh")
    .argument("[args...]", "arguments of the program; behind -- where they begin with a dash")
    .option("-o, --out <folder>", "writes what it makes there")
    .option("--entrypoint <file>", "what to start in a folder")
    .option("--interpreter <name>", "python3, node, bash or sh, if the name's end does not say")
    .option("--language <id>", "a language of the service, in place of an interpreter")
    .option("--environment <name>", "libraries that it may use")
    .option("--env <name=value...>", "variables of the program")
    .option("--outputs <pattern...>", "which files to keep")
    .option("--timeout <seconds>", "seconds that it may take", whole)
    .option("--memory <mb>", "memory that it may use, in MB", whole)
    .option("--stdin", "passes on what comes from this command's stdin")
    .option("--no-ignore", "sends what .gitignore files in the folder name as well")
    .option("-d, --detach", "prints the run's id and leaves it running")
    .action(told(run));
};
