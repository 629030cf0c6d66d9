import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import type { Command } from "commander";
import type { CreatedWorkloadJob, WorkloadJob } from "../../client/index.ts";
import { CommandFailed } from "../failure.ts";
import { printAnswer } from "../output.ts";
import { clientOf, told } from "./client.ts";
import { progressLine } from "./progress.ts";
import { checkFolder, placeBelow, saveTo } from "./save.ts";

type Options = { readonly param?: readonly string[]; readonly out?: string; readonly detach?: boolean };

/** A param's value as JSON, where it is some, else as text. */
const paramValue = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const paramsOf = (pairs: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new CommandFailed(`--param wants NAME=VALUE, not ${pair}.`);
      return [pair.slice(0, at), paramValue(pair.slice(at + 1))];
    }),
  );

/** `part=file`, or a file alone for the part in the same place. */
const partsOf = async (job: CreatedWorkloadJob, files: readonly string[]): Promise<Record<string, Blob>> => {
  const parts: Record<string, Blob> = {};
  for (const [index, text] of files.entries()) {
    const named = job.uploads.find(({ name }) => text.startsWith(`${name}=`));
    const part = named ?? job.uploads[index];
    if (part === undefined)
      throw new CommandFailed(`The workload takes ${job.uploads.length} files at most.`);
    const file = named === undefined ? text : text.slice(named.name.length + 1);
    parts[part.name] = await openAsBlob(file, { type: part.headers["Content-Type"] ?? "" });
  }
  return parts;
};

const fileIn = (text: string): Promise<boolean> =>
  stat(text.slice(text.indexOf("=") + 1)).then(
    (found) => found.isFile(),
    () => false,
  );

const checkFiles = async (files: readonly string[]): Promise<void> => {
  for (const text of files) {
    const isThere = (await fileIn(text)) || (await stat(text).catch(() => null))?.isFile();
    if (isThere !== true) throw new CommandFailed(`There is no file ${text}.`);
  }
};

const textOf = ({ job_id: id, status, error, log_tail: tail = "" }: WorkloadJob): string =>
  error === undefined ? `${id} ${status}` : `${id} ${status}: ${error.message}\n${tail}`.trimEnd();

const upload = async (command: Command, path: string, files: readonly string[]): Promise<void> => {
  const { param = [], out, detach } = command.optsWithGlobals<Options>();
  await checkFiles(files);
  if (out !== undefined) await checkFolder(out);
  const workload = clientOf(command).workload(path);
  const created = await workload.create(paramsOf(param));
  const lines = new Map(created.uploads.map(({ name }) => [name, progressLine(name)]));
  await workload.upload(created, await partsOf(created, files), {
    onProgress: (sent) => lines.get(sent.name)?.(sent),
  });
  const job = detach === true ? await workload.get(created.job_id) : await workload.wait(created.job_id);
  for (const { name } of out === undefined ? [] : (job.outputs ?? []))
    await saveTo(placeBelow(out ?? ".", name), await workload.download(job.job_id, name));
  printAnswer(command, job, () => textOf(job));
  if (["failed", "cancelled", "expired"].includes(job.status)) process.exitCode = 1;
};

export const addUpload = (program: Command): void => {
  program
    .command("upload")
    .description("creates a job of a workload, uploads its files, waits, and writes its outputs")
    .argument("<workload>", "its path, such as calculator/tax-pnl/securities")
    .argument("<files...>", "its parts in their order, or as PART=FILE")
    .option("-p, --param <name=value...>", "params of the job")
    .option("-o, --out <folder>", "writes the outputs there")
    .option("-d, --detach", "leaves it when the upload is done")
    .action(told(upload));
};
