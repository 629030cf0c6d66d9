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

export const namesOf = (config: WorkerConfig, { stage, suffix }: Target): Names => {
  const worker = [config.name, stage, ...(suffix === undefined ? [] : [suffix])].join("-");
  const renamed = (name: string): string =>
    name.startsWith(`${config.name}-`) ? `${worker}${name.slice(config.name.length)}` : `${worker}-${name}`;
  return {
    worker,
    database: worker,
    bucket: worker,
    queues: new Map(queueNames(config).map((name) => [name, renamed(name)])),
  };
};

/** The queue that the bucket's notifications go to. */
export const bucketEventsQueue = (config: WorkerConfig, names: Names): string => {
  const producer = config.queues.producers.find(({ binding }) => binding === "BUCKET_EVENTS_QUEUE");
  return names.queues.get(producer?.queue ?? "") ?? `${names.worker}-bucket-events`;
};
