import path from "node:path";
import type { Command } from "commander";
import { printAnswer, printRows } from "../output.ts";
import { clientOf, told } from "./client.ts";
import { saveOutputs, showLog } from "./run.ts";
import { endLine, exitCodeOf } from "./run-end.ts";
import { placeBelow, saveTo } from "./save.ts";

const logs = async (command: Command, id: string): Promise<void> => {
  const { follow, json } = command.optsWithGlobals<{ follow?: boolean; json?: boolean }>();
  const client = clientOf(command);
  if (follow === true && json === true) {
    for await (const record of client.logs(id)) process.stdout.write(`${JSON.stringify(record)}\n`);
  } else if (follow === true) {
    await showLog(client, id);
  } else {
    const printed = await client.printed(id);
    if (json === true) process.stdout.write(`${JSON.stringify(printed)}\n`);
    else process.stdout.write(await client.text(id));
    return;
  }
  const report = await client.wait(id);
  const line = endLine(report);
  if (line !== null) process.stderr.write(`${line}\n`);
  process.exitCode = exitCodeOf(report);
};

const outputs = async (command: Command, id: string): Promise<void> => {
  const answer = await clientOf(command).outputs(id);
  printRows(command, answer, answer.file_details, [
    { title: "FILE", of: ({ name }) => name },
    { title: "BYTES", of: ({ size }) => size },
    { title: "SHA-256", of: ({ sha256 }) => sha256 },
  ]);
};

const download = async (command: Command, id: string, file?: string): Promise<void> => {
  const { out } = command.optsWithGlobals<{ out?: string }>();
  const client = clientOf(command);
  if (file === undefined) return saveOutputs(client, id, await client.status(id), out ?? ".");
  const target = out ?? placeBelow(".", path.basename(file));
  await saveTo(target, await client.download(id, file));
};

const cancel = async (command: Command, id: string): Promise<void> => {
  const report = await clientOf(command).cancel(id);
  printAnswer(command, report, () => report.status);
};

export const addOneRun = (program: Command): void => {
  program
    .command("logs")
    .description("shows the log of a run")
    .argument("<id>")
    .option("-f, --follow", "until it ends, and then ends with its exit code")
    .action(told(logs));
  program.command("outputs").description("lists what a run made").argument("<id>").action(told(outputs));
  program
    .command("download")
    .description("writes what a run made, or one file of it; the run stays")
    .argument("<id>")
    .argument("[file]")
    .option("-o, --out <path>", "the folder, or the file for one")
    .action(told(download));
  program.command("cancel").description("stops a run").argument("<id>").action(told(cancel));
};
