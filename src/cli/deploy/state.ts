import { z } from "zod";
import type { Api } from "./api.ts";
import type { Names } from "./names.ts";
import { type Choices, someChoices } from "./options.ts";

/** What a deployment says of itself in its variable DEPLOYED. */
export const deployedSchema = z.object({
  version: z.string(),
  protocol: z.number(),
  /** Of all that it was made from; equal means that another deploy would change nothing. */
  sourceSha256: z.string(),
  /** Each migration's SHA-256 by its file's name. */
  migrations: z.record(z.string(), z.string()),
  choices: someChoices,
});
export type Deployed = z.infer<typeof deployedSchema>;

const binding = z.looseObject({ type: z.string(), name: z.string() });
const queueSchema = z.object({
  queue_id: z.string(),
  queue_name: z.string(),
  consumers: z
    .array(
      z.looseObject({
        script: z.string().optional(),
        service: z.string().optional(),
        script_name: z.string().optional(),
      }),
    )
    .default([]),
});
export type DeployedQueue = {
  readonly id: string;
  readonly name: string;
  readonly consumers: readonly string[];
};

/** What an account has of a deployment. */
export type State = {
  /** Null where no such Worker was deployed. */
  readonly worker: {
    readonly deployed: Deployed | null;
    readonly migrationTag: string | null;
    readonly secrets: ReadonlySet<string>;
    readonly vars: Readonly<Record<string, unknown>>;
    readonly workersDev: boolean;
    readonly crons: readonly string[];
  } | null;
  readonly database: { readonly uuid: string; readonly sizeBytes: number } | null;
  readonly bucket: {
    readonly jurisdiction: Choices["jurisdiction"];
    readonly cors: boolean;
    readonly lifecycle: boolean;
    readonly notifies: boolean;
  } | null;
  readonly queues: ReadonlyMap<string, DeployedQueue>;
  readonly application: { readonly id: string } | null;
};

const workerState = async (api: Api, name: string): Promise<State["worker"]> => {
  const at = `/workers/scripts/${name}`;
  const settings = await api.account(`${at}/settings`, z.object({ bindings: z.array(binding) }));
  if (settings === null) return null;
  const service = await api.account(
    `/workers/services/${name}`,
    z.object({
      default_environment: z.object({ script: z.object({ migration_tag: z.string().nullish() }) }),
    }),
  );
  const secrets = await api.account(`${at}/secrets`, z.array(z.object({ name: z.string() })));
  const subdomain = await api.account(`${at}/subdomain`, z.object({ enabled: z.boolean() }));
  const schedules = await api.account(
    `${at}/schedules`,
    z.object({ schedules: z.array(z.object({ cron: z.string() })) }),
  );
  const vars = Object.fromEntries(
    settings.bindings.flatMap(({ type, name: key, text, json }) =>
      type === "plain_text" ? [[key, text]] : type === "json" ? [[key, json]] : [],
    ),
  );
  return {
    deployed: deployedSchema.safeParse(vars.DEPLOYED).data ?? null,
    migrationTag: service?.default_environment.script.migration_tag ?? null,
    secrets: new Set((secrets ?? []).map(({ name: secret }) => secret)),
    vars,
    workersDev: subdomain?.enabled ?? false,
    crons: (schedules?.schedules ?? []).map(({ cron }) => cron),
  };
};

/** Each jurisdiction has buckets of its own, which are seen only by who names it. */
const bucketIn = async (
  api: Api,
  name: string,
  jurisdiction: Choices["jurisdiction"],
): Promise<State["bucket"]> => {
  const at = `/r2/buckets/${name}`;
  const headers = jurisdiction === undefined ? {} : { "cf-r2-jurisdiction": jurisdiction };
  if ((await api.account(at, z.object({ name: z.string() }), headers)) === null) return null;
  const rules = z.object({ rules: z.array(z.looseObject({ id: z.string().optional() })).default([]) });
  const cors = await api.account(`${at}/cors`, rules, headers);
  const lifecycle = await api.account(`${at}/lifecycle`, rules, headers);
  const events = await api.account(
    `/event_notifications/r2/${name}/configuration`,
    z.object({ queues: z.array(z.looseObject({ rules: z.array(z.unknown()).default([]) })).default([]) }),
    headers,
  );
  return {
    jurisdiction,
    cors: (cors?.rules.length ?? 0) > 0,
    lifecycle: lifecycle?.rules.some(({ id }) => id === "files-of-jobs") ?? false,
    notifies: events?.queues.some(({ rules: of }) => of.length > 0) ?? false,
  };
};

const bucketState = async (api: Api, name: string): Promise<State["bucket"]> =>
  (await bucketIn(api, name, undefined)) ?? (await bucketIn(api, name, "eu"));

const databaseState = async (api: Api, name: string): Promise<State["database"]> => {
  const list = await api.account(
    `/d1/database?name=${name}&per_page=1000`,
    z.array(z.object({ uuid: z.string(), name: z.string() })),
  );
  const found = list?.find((database) => database.name === name);
  if (found === undefined) return null;
  const details = await api.account(
    `/d1/database/${found.uuid}`,
    z.object({ file_size: z.number().default(0) }),
  );
  return { uuid: found.uuid, sizeBytes: details?.file_size ?? 0 };
};

const queueState = async (api: Api, names: Names): Promise<State["queues"]> => {
  const found = new Map<string, DeployedQueue>();
  for (const name of names.queues.values()) {
    const list = await api.account(`/queues?page=1&name=${name}`, z.array(queueSchema));
    const queue = list?.find(({ queue_name: own }) => own === name);
    if (queue === undefined) continue;
    const consumers = queue.consumers.map(
      ({ script, service, script_name: other }) => script ?? service ?? other ?? "",
    );
    found.set(name, { id: queue.queue_id, name, consumers });
  }
  return found;
};

const applicationState = async (api: Api, worker: string): Promise<State["application"]> => {
  const list = await api.account(
    "/containers/dash/applications",
    z.array(z.object({ id: z.string(), name: z.string() })),
  );
  return list?.find(({ name }) => name.startsWith(`${worker}-executorcontainer`)) ?? null;
};

/** Reads all of a deployment that is there. `containers` is asked about only where it may have some. */
export const readState = async (api: Api, names: Names, containers: boolean): Promise<State> => ({
  worker: await workerState(api, names.worker),
  database: await databaseState(api, names.database),
  bucket: await bucketState(api, names.bucket),
  queues: await queueState(api, names),
  application: containers ? await applicationState(api, names.worker) : null,
});
