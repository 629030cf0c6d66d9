import type { Command } from "commander";
import type { Budget } from "../../client/index.ts";
import { connectionOf } from "../connection.ts";
import { printAnswer } from "../output.ts";
import { clientOf, told } from "./client.ts";

const budgetLines = ({
  active_jobs: active,
  jobs_per_hour: hourly,
  cpu_seconds_per_minute: cpu,
  ...rest
}: Budget): string[] => [
  `CPU seconds in this minute  ${cpu.used} of ${cpu.limit}`,
  `unfinished jobs             ${active.used} of ${active.limit}`,
  `jobs in the last hour       ${hourly.used} of ${hourly.limit}`,
  `this hour (UTC)             ${rest.hour.jobs} jobs, ${rest.hour.cpu_seconds} CPU seconds`,
  `this month (UTC)            ${rest.month.jobs} jobs, ${rest.month.cpu_seconds} CPU seconds`,
  rest.can_submit ? "may submit" : `may not submit for ${rest.retry_after ?? "?"} s: ${rest.reason}`,
];

const ownUsage = async (command: Command): Promise<void> => {
  const usage = await clientOf(command).usage();
  const { doors } = usage;
  printAnswer(command, usage, () =>
    [
      `${usage.owner}, quota class ${usage.quota_class}`,
      ...budgetLines(usage),
      ...(doors.month.jobs === 0
        ? []
        : ["", "By the doors of Judge0's and Piston's clients", ...budgetLines(doors)]),
    ].join("\n"),
  );
};

const strangersUsage = async (command: Command): Promise<void> => {
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

const usage = (command: Command): Promise<void> =>
  connectionOf(command).key === null ? strangersUsage(command) : ownUsage(command);

export const addUsage = (program: Command): void => {
  program
    .command("usage")
    .description("shows what you used of your quota, and with a key this hour's and month's use")
    .action(told(usage));
};
