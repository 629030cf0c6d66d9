import type { Command } from "commander";
import type { z } from "zod";
import { done, jobDetails, type operatorJob, operatorJobs, purged } from "../../wire/operator.ts";
import { connectionOf } from "../connection.ts";
import { CommandFailed } from "../failure.ts";
import { type Column, printAnswer, tableOf } from "../output.ts";
import { callOperator } from "../service-call.ts";

type Job = z.infer<typeof operatorJob>;
const at = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

const columns: readonly Column<Job>[] = [
  { title: "REF", of: ({ ref }) => ref },
  { title: "FACE", of: ({ face }) => face },
  { title: "STATE", of: ({ state }) => state },
  { title: "OWNER", of: ({ owner }) => owner },
  { title: "CREATED", of: ({ created_at }) => at(created_at) },
  { title: "ENDED", of: ({ finished_at }) => at(finished_at) },
];

type Selection = { face?: string; state?: string; owner?: string; olderThan?: number };

const selecting = (command: Command): Command =>
  command
    .option("--face <face>", "runs, workloads or jobs")
    .option("--state <state>", "by its name in the face")
    .option("--owner <owner>", "whose key made them")
    .option("--older-than <seconds>", "created before that", Number);

const pathOf = (ref: string, action = ""): string => `/operator/jobs/${encodeURIComponent(ref)}${action}`;

const addList = (jobs: Command): void => {
  selecting(jobs.command("list", { isDefault: true }))
    .description("jobs of every face, newest first")
    .option("--limit <count>", "how many", Number, 50)
    .option("--cursor <cursor>", "where the page before ended")
    .action(async (_options: unknown, command: Command) => {
      const options = command.opts<Selection & { limit: number; cursor?: string }>();
      const { olderThan, ...given } = options;
      const pairs = Object.entries({ ...given, older_than: olderThan });
      const query = new URLSearchParams(
        pairs.flatMap(([name, value]): [string, string][] =>
          value === undefined ? [] : [[name, String(value)]],
        ),
      );
      const answer = await callOperator(
        connectionOf(command),
        { path: `/operator/jobs?${query}` },
        operatorJobs,
      );
      const more = answer.next === null ? "" : `\nMore: --cursor ${answer.next}`;
      printAnswer(command, answer, () => tableOf(answer.jobs, columns) + more);
    });
};

type Details = z.infer<typeof jobDetails>;

const effectsText = ({ effects: { failures_in_a_row: failures, wakes_at: wakes } }: Details): string =>
  failures === 0
    ? ""
    : `What follows from its changes failed ${failures} times; next try ${at(wakes) ?? "-"}`;

/** A job for people: its row, then what happened, then whom it was told to. */
const detailsText = (details: Details): string =>
  [
    tableOf([details], columns),
    "",
    ...details.timeline.map(({ at: instant, what }) => `${at(instant)}  ${what}`),
    effectsText(details),
    ...details.webhooks.map(
      ({ id, type, state, attempts }) => `${type} ${state}, ${attempts} attempts, ${id}`,
    ),
  ]
    .filter((line, index) => line !== "" || index === 1)
    .join("\n");

/** `sandpiper jobs`: every job of a deployment, for its operator. */
export const addJobs = (program: Command): void => {
  const jobs = program.command("jobs").description("jobs of every face (operator)");
  addList(jobs);
  jobs
    .command("show <ref>")
    .description("a job and its timeline")
    .action(async (ref: string, _options: unknown, command: Command) => {
      const answer = await callOperator(connectionOf(command), { path: pathOf(ref) }, jobDetails);
      printAnswer(command, answer, () => detailsText(answer));
    });
  jobs
    .command("cancel <ref>")
    .description("stop a job")
    .action(async (ref: string, _options: unknown, command: Command) => {
      const call = { method: "POST", path: pathOf(ref, "/cancel") } as const;
      printAnswer(command, await callOperator(connectionOf(command), call, done), () => `Cancelled ${ref}.`);
    });
  jobs
    .command("redrive <ref>")
    .description("run a job again whose message was lost, or that the service failed")
    .action(async (ref: string, _options: unknown, command: Command) => {
      const call = { method: "POST", path: pathOf(ref, "/redrive") } as const;
      printAnswer(command, await callOperator(connectionOf(command), call, done), () => `Redriven ${ref}.`);
    });
  jobs
    .command("delete <ref>")
    .description("remove a job with all its files")
    .action(async (ref: string, _options: unknown, command: Command) => {
      const call = { method: "DELETE", path: pathOf(ref) } as const;
      printAnswer(command, await callOperator(connectionOf(command), call, done), () => `Deleted ${ref}.`);
    });
};

/** `sandpiper purge`: removes many jobs; without `--yes` it only says how many. */
export const addPurge = (program: Command): void => {
  selecting(program.command("purge"))
    .description("remove jobs with all their files (operator); only counts without --yes")
    .option("--yes", "remove them")
    .action(async (_options: unknown, command: Command) => {
      const { olderThan, yes = false, ...given } = command.opts<Selection & { yes?: boolean }>();
      const { face, state, owner } = given;
      if ([olderThan, face, state, owner].every((one) => one === undefined))
        throw new CommandFailed("Say which: --face, --state, --owner or --older-than.");
      const body = { face, state, owner, older_than_seconds: olderThan, dry_run: !yes };
      const total = { found: 0, removed: 0, failed: 0, more: false };
      do {
        const call = { method: "POST", path: "/operator/purge", body } as const;
        const answer = await callOperator(connectionOf(command), call, purged);
        total.found += answer.found;
        total.removed += answer.removed;
        total.failed += answer.failed;
        // Where none of them can be removed now, calling again would not end.
        total.more = answer.more && (!yes || answer.removed > 0);
        if (yes && answer.more) process.stderr.write(`Removed ${total.removed} so far\n`);
      } while (yes && total.more);
      const found = `${total.found}${total.more ? " or more" : ""}`;
      printAnswer(command, total, () =>
        yes
          ? `Removed ${total.removed} jobs${total.failed === 0 ? "" : `; ${total.failed} could not be removed now, call again`}.`
          : `${found} jobs would go; add --yes to remove them.`,
      );
    });
};
