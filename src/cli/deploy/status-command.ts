import type { Command } from "commander";
import { z } from "zod";
import { createClient } from "../../client/index.ts";
import { CommandFailed } from "../failure.ts";
import { printAnswer, tableOf } from "../output.ts";
import type { Api } from "./api.ts";
import { type Context, openContext } from "./context.ts";
import { addTargetOptions } from "./options.ts";
import { servingVersion, versionsOf } from "./versions.ts";

const DAY_MS = 86_400_000;
const SHOWN_VERSIONS = 5;

const queueDepths = async ({ api, state }: Context) =>
  Promise.all(
    [...state.queues.values()].map(async ({ id, name, consumers }) => {
      const metrics = await api.account(`/queues/${id}/metrics`, z.object({ backlog_count: z.number() }));
      return { name, waiting: metrics?.backlog_count ?? null, consumers };
    }),
  );

const errorQuery = `query ($account: string!, $worker: string!, $since: Time!) {
  viewer { accounts(filter: {accountTag: $account}) {
    workersInvocationsAdaptive(limit: 100, filter: {scriptName: $worker, datetime_geq: $since, status_neq: "success"}) {
      sum { errors requests } dimensions { status } } } } }`;
const errorSchema = z.object({
  viewer: z.object({
    accounts: z.array(
      z.object({
        workersInvocationsAdaptive: z.array(
          z.object({
            sum: z.object({ errors: z.number(), requests: z.number() }),
            dimensions: z.object({ status: z.string() }),
          }),
        ),
      }),
    ),
  }),
});

/** How invocations of the last day ended that did not end well, or why that is not known. */
const lastErrors = async (api: Api, worker: string) => {
  const since = new Date(Date.now() - DAY_MS).toISOString();
  try {
    const { viewer } = await api.analytics(
      errorQuery,
      { account: api.accountId, worker, since },
      errorSchema,
    );
    return (viewer.accounts[0]?.workersInvocationsAdaptive ?? []).map(({ sum, dimensions }) => ({
      status: dimensions.status,
      invocations: sum.requests,
    }));
  } catch (error) {
    if (error instanceof CommandFailed) return error.message;
    throw error;
  }
};

/** What the service says of itself; a deployment that does not answer is still worth describing. */
const healthOf = async (url: string) => {
  try {
    return await createClient({ baseUrl: url }).health({ signal: AbortSignal.timeout(10_000) });
  } catch {
    return null;
  }
};

const statusOf = async (context: Context) => {
  const { api, names, state, publicUrl } = context;
  const { worker, database } = state;
  if (worker === null)
    throw new CommandFailed(`There is no Worker ${names.worker}. Make it with sandpiper deploy.`);
  const serving = await servingVersion(api, names.worker);
  return {
    worker: names.worker,
    url: publicUrl,
    release: worker.deployed?.version ?? null,
    is_current: worker.deployed?.sourceSha256 === context.source.sourceSha256,
    object_migration: worker.migrationTag,
    versions: (await versionsOf(api, names.worker))
      .slice(0, SHOWN_VERSIONS)
      .map((version) => ({ ...version, serves: version.id === serving })),
    secrets: [...worker.secrets].sort(),
    variables: Object.keys(worker.vars).sort(),
    health: await healthOf(publicUrl),
    queues: await queueDepths(context),
    database_bytes: database?.sizeBytes ?? null,
    errors_last_day: await lastErrors(api, names.worker),
  };
};

type Status = Awaited<ReturnType<typeof statusOf>>;

const statusText = (status: Status): string => {
  const { health, errors_last_day: errors } = status;
  const executor =
    health === null
      ? "the service does not answer"
      : `${health.executor.status}, isolation ${health.executor.isolation ?? "-"}`;
  return [
    `${status.worker} at ${status.url}, release ${status.release ?? "unknown"}${status.is_current ? "" : " (not this clone's)"}`,
    `Executors: ${executor}`,
    `Database:  ${status.database_bytes === null ? "missing" : `${(status.database_bytes / 1e6).toFixed(1)} MB`}`,
    `Errors in the last day: ${typeof errors === "string" ? errors : errors.map((one) => `${one.invocations} ${one.status}`).join(", ") || "none"}`,
    "",
    tableOf(status.queues, [
      { title: "queue", of: ({ name }) => name },
      { title: "waiting", of: ({ waiting }) => waiting },
      { title: "consumer", of: ({ consumers }) => consumers.join(", ") || null },
    ]),
    "",
    tableOf(status.versions, [
      { title: "version", of: ({ id }) => id },
      { title: "made", of: ({ createdAt }) => createdAt },
      { title: "serves", of: ({ serves }) => (serves ? "yes" : "") },
    ]),
  ].join("\n");
};

export const addStatus = (program: Command): void => {
  addTargetOptions(program.command("status"))
    .description("Shows a deployment's versions, executors, queues, database and errors")
    .action(async (_options, command: Command) => {
      const status = await statusOf(await openContext(command));
      printAnswer(command, status, () => statusText(status));
    });
};
