import path from "node:path";
import { stringify } from "smol-toml";
import type { Names } from "./names.ts";
import type { Choices } from "./options.ts";
import { projectRoot, type WorkerConfig } from "./project.ts";
import { secretKinds } from "./secrets.ts";

/** What only the account knows. */
export type Place = { readonly accountId: string; readonly publicUrl: string };

/** A deployment's configuration: everything that wrangler needs of it, under the deployment's own names. */
export type Template = WorkerConfig;

export const wantsContainers = ({ executor }: Choices): boolean => executor !== "joined";

/** The secrets that this deployment cannot be without. */
export const secretsFor = (choices: Choices) =>
  secretKinds.filter(({ neededBy }) => neededBy === undefined || wantsContainers(choices));

const s3Endpoint = (accountId: string, { jurisdiction }: Choices): string =>
  `https://${accountId}.${jurisdiction === undefined ? "" : `${jurisdiction}.`}r2.cloudflarestorage.com`;

const queuesOf = ({ queues }: WorkerConfig, names: Names): WorkerConfig["queues"] => {
  const renamed = (name: string): string => names.queues.get(name) ?? name;
  return {
    producers: queues.producers.map((producer) => ({ ...producer, queue: renamed(producer.queue) })),
    consumers: queues.consumers.map((consumer) => ({
      ...consumer,
      queue: renamed(consumer.queue),
      ...(consumer.dead_letter_queue && { dead_letter_queue: renamed(consumer.dead_letter_queue) }),
    })),
  };
};

const rolesOf = (roles: unknown, names: Names): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(roles ?? {}).map(([queue, role]) => [names.queues.get(queue) ?? queue, role]),
  );

const varsOf = (
  { vars }: WorkerConfig,
  names: Names,
  choices: Choices,
  place: Place,
): Record<string, unknown> => ({
  ...vars,
  PUBLIC_URL: place.publicUrl,
  R2_S3_ENDPOINT: s3Endpoint(place.accountId, choices),
  R2_BUCKET_NAME: names.bucket,
  QUEUE_ROLES: rolesOf(vars.QUEUE_ROLES, names),
  ANONYMOUS_RUNS: String(choices.anonymousRuns === "on"),
  TRUSTED_EXECUTORS: choices.trust.join(","),
});

const containersOf = (config: WorkerConfig, choices: Choices, from: (file: string) => string) => {
  if (!wantsContainers(choices)) return [];
  const constraints = choices.location && { constraints: { regions: [choices.location.toUpperCase()] } };
  return config.containers.map((container) => ({
    ...container,
    image: from(container.image),
    image_build_context: from(container.image_build_context),
    ...constraints,
  }));
};

const objectsOf = ({ durable_objects: { bindings }, containers }: WorkerConfig, choices: Choices) => {
  const contained = new Set(containers.map(({ class_name: name }) => name));
  return {
    bindings: bindings.filter(({ class_name: name }) => wantsContainers(choices) || !contained.has(name)),
  };
};

/** The workers.dev address stays beside a domain: executors join by it where bot protection guards the other. */
const routesOf = ({ address }: Choices) =>
  address?.startsWith("https://")
    ? { routes: [{ pattern: new URL(address).hostname, custom_domain: true }] }
    : {};

/**
 * A complete configuration of one deployment, whose files are named from `folder`. Nothing in it is inherited:
 * wrangler's own environments would leave out bindings, queues, containers and secrets. Its build runs where
 * wrangler does, so wrangler is to be run in the project's folder.
 */
export const templateOf = (
  config: WorkerConfig,
  names: Names,
  choices: Choices,
  place: Place,
  folder: string,
): Template => {
  const from = (file: string): string => path.relative(folder, path.resolve(projectRoot, file)) || ".";
  const [database] = config.d1_databases;
  const [{ local_dev: _local, ...bucket }] = config.r2_buckets;
  return {
    ...config,
    name: names.worker,
    account_id: place.accountId,
    workers_dev: true,
    ...routesOf(choices),
    main: from(config.main),
    assets: { ...config.assets, directory: from(config.assets.directory) },
    secrets: { required: secretsFor(choices).map(({ name }) => name) },
    vars: varsOf(config, names, choices, place),
    d1_databases: [
      { ...database, database_name: names.database, migrations_dir: from(database.migrations_dir) },
    ],
    r2_buckets: [
      {
        ...bucket,
        bucket_name: names.bucket,
        ...(choices.jurisdiction && { jurisdiction: choices.jurisdiction }),
      },
    ],
    durable_objects: objectsOf(config, choices),
    queues: queuesOf(config, names),
    containers: containersOf(config, choices, from),
  };
};

/** The text of a `wrangler.toml`. */
export const templateText = (template: Readonly<Record<string, unknown>>): string => stringify(template);
