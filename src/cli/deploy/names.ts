import { CommandFailed } from "../failure.ts";
import type { Target } from "./options.ts";
import type { WorkerConfig } from "./project.ts";

/** The names of everything that belongs to one deployment, and to no other. */
export type Names = {
  readonly worker: string;
  readonly database: string;
  readonly bucket: string;
  /** A queue's new name by the name that it has in `wrangler.toml`. */
  readonly queues: ReadonlyMap<string, string>;
};

const queueNames = (config: WorkerConfig): string[] => [
  ...new Set([
    ...config.queues.producers.map(({ queue }) => queue),
    ...config.queues.consumers.flatMap(({ queue, dead_letter_queue: dead }) =>
      dead ? [queue, dead] : [queue],
    ),
  ]),
];

/** What the platform takes for a Worker, a queue and a bucket. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])$/;

/** @throws CommandFailed where the platform would refuse one of them */
const expectNames = (names: readonly string[]): void => {
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong === undefined) return;
  throw new CommandFailed(
    `${wrong} is no name for a part of a deployment: 3 to 63 small letters, digits and hyphens, none at an end. Change name or queues in wrangler.toml, or --suffix.`,
  );
};

/** @throws CommandFailed where wrangler.toml or the suffix leads to a name that the platform does not take */
export const namesOf = (config: WorkerConfig, { stage, suffix }: Target): Names => {
  const worker = [config.name, stage, ...(suffix === undefined ? [] : [suffix])].join("-");
  const renamed = (name: string): string =>
    name.startsWith(`${config.name}-`) ? `${worker}${name.slice(config.name.length)}` : `${worker}-${name}`;
  const queues = new Map(queueNames(config).map((name) => [name, renamed(name)]));
  expectNames([worker, ...queues.values()]);
  return { worker, database: worker, bucket: worker, queues };
};

/** The queue that the bucket's notifications go to. */
export const bucketEventsQueue = (config: WorkerConfig, names: Names): string => {
  const producer = config.queues.producers.find(({ binding }) => binding === "BUCKET_EVENTS_QUEUE");
  return names.queues.get(producer?.queue ?? "") ?? `${names.worker}-bucket-events`;
};
