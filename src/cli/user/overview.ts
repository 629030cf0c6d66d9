import type { Command } from "commander";
import { type Client, SandpiperError } from "../../client/index.ts";
import { connectionOf } from "../connection.ts";
import { printAnswer, printRows } from "../output.ts";
import { clientOf, told } from "./client.ts";
import { pastRuns } from "./history.ts";

const SHOWN_RUNS = 20;

const statusOf = async (client: Client, id: string): Promise<string> => {
  try {
    return (await client.status(id)).status;
  } catch (error) {
    if (error instanceof SandpiperError && error.code === "job_not_found") return "deleted";
    throw error;
  }
};

const runs = async (command: Command): Promise<void> => {
  const client = clientOf(command);
  const { url } = connectionOf(command);
  const here = pastRuns()
    .filter((run) => run.url === url)
    .slice(0, SHOWN_RUNS);
  const rows = await Promise.all(
    here.map(async (run) => ({ ...run, status: await statusOf(client, run.id) })),
  );
  printRows(command, rows, rows, [
    { title: "RUN", of: ({ id }) => id },
    { title: "STATUS", of: ({ status }) => status },
    { title: "SUBMITTED", of: ({ at }) => new Date(at).toISOString() },
    { title: "PROGRAM", of: ({ program }) => program },
  ]);
};

const usage = async (command: Command): Promise<void> => {
  const stats = await clientOf(command).stats();
  const { your_quota: quota } = stats;
  printAnswer(command, stats, () =>
    [
      `CPU seconds in this minute  ${quota.used} of ${quota.limit}`,
      `unfinished runs             ${quota.active_jobs}`,
      `runs in the last hour       ${quota.jobs_last_hour}`,
      quota.can_submit ? "may submit" : `may not submit for ${quota.retry_after ?? "?"} s: ${quota.reason}`,
    ].join("\n"),
  );
};

export const addOverview = (program: Command): void => {
  program.command("runs").description("lists the runs that were submitted from here").action(told(runs));
  program.command("usage").description("shows what you used of your quota").action(told(usage));
};
