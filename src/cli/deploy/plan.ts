import { bucketEventsQueue, type Names } from "./names.ts";
import type { Choices } from "./options.ts";
import type { WorkerConfig } from "./project.ts";
import type { Deployed, State } from "./state.ts";
import { secretsFor, type Template, wantsContainers } from "./template.ts";

/** One thing that a deploy would do, in the order in which it does them. */
export type Step =
  | { readonly kind: "database"; readonly name: string }
  | { readonly kind: "bucket"; readonly name: string }
  | { readonly kind: "queue"; readonly name: string }
  | { readonly kind: "migrations"; readonly names: readonly string[] }
  | {
      readonly kind: "worker";
      readonly name: string;
      readonly secrets: readonly string[];
      readonly because: string;
    }
  | { readonly kind: "cors" | "lifecycle"; readonly name: string }
  | { readonly kind: "notification"; readonly name: string; readonly queue: string };

export type Plan = { readonly steps: readonly Step[]; readonly idleCost: IdleCost };

/** List prices in dollars a month, while nobody uses the service. */
export type IdleCost = {
  readonly plan: number;
  readonly usage: number;
  readonly perWake: number;
  readonly note: string;
};

/** The cron's 4,320 requests and its sweeps stay inside what Workers Paid includes, and stopped containers cost nothing. */
const idleCost = (choices: Choices): IdleCost => ({
  plan: 5,
  usage: 0,
  perWake: wantsContainers(choices) ? 0.003 : 0,
  note: wantsContainers(choices)
    ? "A container that is stopped costs nothing; a lone run that wakes one costs about 0.3 cents, one that never stops about $27 a month."
    : "Hosts of yours that join are not counted.",
});

const missing = <T>(all: readonly T[], has: (one: T) => boolean): T[] => all.filter((one) => !has(one));

/** Why the Worker must be deployed; null where it is as the clone would make it. */
const reasonToDeploy = (
  config: WorkerConfig,
  template: Template,
  names: Names,
  state: State,
  source: Deployed,
): string | null => {
  const { worker } = state;
  if (worker === null) return "there is none";
  if (worker.deployed?.sourceSha256 !== source.sourceSha256)
    return "it was made from other sources or choices";
  const consumed = config.queues.consumers.map(({ queue }) => names.queues.get(queue) ?? queue);
  if (!consumed.every((queue) => state.queues.get(queue)?.consumers.includes(names.worker)))
    return "a queue has no consumer";
  if (!worker.workersDev) return "its address is off";
  if (!template.triggers.crons.every((cron) => worker.crons.includes(cron)))
    return "its cron trigger is missing";
  if (template.containers.length > 0 && state.application === null) return "its containers are missing";
  return null;
};

/** Everything that lies between what is there and what was asked for. Pure: it asks nobody. */
export const planOf = (
  config: WorkerConfig,
  template: Template,
  names: Names,
  choices: Choices,
  state: State,
  source: Deployed,
): Plan => {
  const { worker, bucket } = state;
  const applied = state.database === null ? {} : (worker?.deployed?.migrations ?? {});
  const migrations = missing(Object.keys(source.migrations), (name) => name in applied);
  const secrets = missing(
    secretsFor(choices).map(({ name }) => name),
    (name) => worker?.secrets.has(name) === true,
  );
  const because =
    reasonToDeploy(config, template, names, state, source) ??
    (secrets.length > 0 ? "secrets are missing" : null);
  const steps: Step[] = [];
  if (state.database === null) steps.push({ kind: "database", name: names.database });
  if (bucket === null) steps.push({ kind: "bucket", name: names.bucket });
  for (const name of missing([...names.queues.values()], (queue) => state.queues.has(queue)))
    steps.push({ kind: "queue", name });
  if (migrations.length > 0) steps.push({ kind: "migrations", names: migrations });
  if (because !== null) steps.push({ kind: "worker", name: names.worker, secrets, because });
  if (bucket?.cors !== true) steps.push({ kind: "cors", name: names.bucket });
  if (bucket?.lifecycle !== true) steps.push({ kind: "lifecycle", name: names.bucket });
  if (bucket?.notifies !== true)
    steps.push({ kind: "notification", name: names.bucket, queue: bucketEventsQueue(config, names) });
  return { steps, idleCost: idleCost(choices) };
};

export const stepText = (step: Step): string => {
  switch (step.kind) {
    case "database":
      return `create the D1 database ${step.name}`;
    case "bucket":
      return `create the R2 bucket ${step.name}`;
    case "queue":
      return `create the queue ${step.name}`;
    case "migrations":
      return `apply the migrations ${step.names.join(", ")}`;
    case "worker":
      return `deploy the Worker ${step.name} (${step.because})${step.secrets.length > 0 ? `, with the secrets ${step.secrets.join(", ")}` : ""}`;
    case "cors":
      return `set the CORS rules of the bucket ${step.name}`;
    case "lifecycle":
      return `set the lifecycle rules of the bucket ${step.name}`;
    case "notification":
      return `send the bucket's notifications to the queue ${step.queue}`;
  }
};
