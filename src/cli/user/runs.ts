import { type Command, Option } from "commander";
import {
  type Client,
  type ListedRun,
  type RunStatus,
  type RunsQuery,
  SandpiperError,
} from "../../client/index.ts";
import { connectionOf } from "../connection.ts";
import { printAnswer, printRows } from "../output.ts";
import { clientOf, told } from "./client.ts";
import { pastRuns, rememberRun } from "./history.ts";
import { whole } from "./run.ts";

const SHOWN_RUNS = 20;

const statusOf = async (client: Client, id: string): Promise<string> => {
  try {
    return (await client.status(id)).status;
  } catch (error) {
    if (error instanceof SandpiperError && error.code === "job_not_found") return "deleted";
    throw error;
  }
};

const runsFromHere = async (command: Command): Promise<void> => {
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

type ListOptions = {
  readonly status?: RunStatus;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
};

/** As many of the owner's runs as are wanted, page by page. */
const ownRuns = async (command: Command): Promise<void> => {
  const client = clientOf(command);
  const { status, since, until, limit: wanted = SHOWN_RUNS } = command.opts<ListOptions>();
  const query: RunsQuery = {
    ...(status && { status }),
    ...(since && { from: since }),
    ...(until && { to: until }),
  };
  const runs: ListedRun[] = [];
  let cursor: string | null = null;
  do {
    const page = await client.runs({
      ...query,
      limit: Math.min(200, wanted - runs.length),
      ...(cursor === null ? {} : { cursor }),
    });
    runs.push(...page.runs);
    cursor = page.next;
  } while (cursor !== null && runs.length < wanted);
  printRows(command, runs, runs, [
    { title: "RUN", of: ({ job_id: id }) => id },
    { title: "STATUS", of: ({ status: word }) => word },
    { title: "EXIT", of: ({ exit_code: code, termination_reason: reason }) => code ?? reason },
    { title: "CPU S", of: ({ cpu_seconds: seconds }) => seconds.toFixed(2) },
    { title: "SUBMITTED", of: ({ created_at: at }) => at },
    { title: "PROGRAM", of: ({ entrypoint, interpreter }) => `${entrypoint} (${interpreter})` },
  ]);
};

const runs = (command: Command): Promise<void> =>
  connectionOf(command).key === null ? runsFromHere(command) : ownRuns(command);

const repeat = async (command: Command, id: string): Promise<void> => {
  const answer = await clientOf(command).repeat(id);
  rememberRun({
    id: answer.job_id,
    url: connectionOf(command).url,
    program: `again ${id}`,
    at: Date.now(),
  });
  printAnswer(command, answer, () => answer.job_id);
};

export const addRuns = (program: Command): void => {
  program
    .command("runs")
    .description("lists the runs of your key's owner; without a key, those that were submitted from here")
    .addOption(
      new Option("--status <status>", "only these").choices(["queued", "running", "completed", "failed"]),
    )
    .option("--since <instant>", "submitted then or later, such as 2026-11-27T10:00:00Z")
    .option("--until <instant>", "submitted then or earlier")
    .option("--limit <count>", "so many at most (20)", whole)
    .action(told(runs));
  program
    .command("repeat")
    .description("runs a program of your key's owner again, and prints the new run's id")
    .argument("<id>")
    .action(told(repeat));
};
