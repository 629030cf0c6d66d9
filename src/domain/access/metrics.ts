import type { PoolView } from "../pool/view.ts";
import type { DeliveryCount } from "../ports/delivery-rows.ts";
import type { Unfinished } from "../ports/operations.ts";
import { COUNTED, type Count, type Counted } from "../ports/tally.ts";

type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };
type Family = {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly Sample[];
};

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const sampleText = (name: string, { labels, value }: Sample): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
};

const familyText = ({ name, type, help, samples }: Family): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((one) => sampleText(name, one))].join(
    "\n",
  );

const one = (value: number): Sample[] => [{ labels: {}, value }];
const ageSeconds = (atMs: number | null, now: number): number =>
  atMs === null ? 0 : Math.max(0, (now - atMs) / 1_000);

const poolFamilies = (
  { executors, containers, waiting, oldestCreatedAtMs }: PoolView,
  now: number,
): Family[] => {
  const perExecutor = (value: (executor: PoolView["executors"][number]) => number): Sample[] =>
    executors.map((executor) => ({
      labels: { name: executor.name, instance: executor.instance, state: executor.state },
      value: value(executor),
    }));
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
    name: `sandpiper_${name}`,
    type: "gauge",
    help,
    samples,
  });
  const states = [...new Set(containers.map(({ state }) => state))];
  return [
    gauge("pool_waiting", "Programs that wait for an executor.", one(waiting)),
    gauge(
      "pool_oldest_wait_seconds",
      "How long the oldest of them waits.",
      one(ageSeconds(oldestCreatedAtMs, now)),
    ),
    gauge("executors", "Executors that have joined.", one(executors.length)),
    gauge(
      "executor_slots",
      "Programs that an executor runs at once.",
      perExecutor(({ slots }) => slots),
    ),
    gauge(
      "executor_held",
      "Programs that an executor has.",
      perExecutor(({ held }) => held),
    ),
    gauge(
      "executor_refused",
      "Offers that an executor refused since it joined.",
      perExecutor(({ refused }) => refused),
    ),
    gauge(
      "executor_lost",
      "Leases that were lost with an executor since it joined.",
      perExecutor(({ lost }) => lost),
    ),
    gauge(
      "containers",
      "The deployment's own containers by their state.",
      states.map((state) => ({
        labels: { state },
        value: containers.filter((container) => container.state === state).length,
      })),
    ),
  ];
};

const unfinishedFamilies = (unfinished: readonly Unfinished[], now: number): Family[] => {
  const samples = (value: (entry: Unfinished) => number): Sample[] =>
    unfinished.map((entry) => ({ labels: { face: entry.face, state: entry.state }, value: value(entry) }));
  return [
    {
      name: "sandpiper_jobs_unfinished",
      type: "gauge",
      help: "Jobs that have not ended, by face and state; at most 1,000 of each are counted.",
      samples: samples(({ count }) => count),
    },
    {
      name: "sandpiper_jobs_oldest_seconds",
      type: "gauge",
      help: "Age of the oldest of them.",
      samples: samples(({ oldestCreatedAtMs }) => ageSeconds(oldestCreatedAtMs, now)),
    },
  ];
};

/** How each is shown: its family, and what the words of its label say. */
const COUNTERS: Record<Counted, { name: string; help: string; labels: readonly string[] }> = {
  jobs_ended: {
    name: "jobs_ended_total",
    help: "Jobs that ended, by face and end.",
    labels: ["face", "end"],
  },
  leases_lost: { name: "leases_lost_total", help: "Attempts that were lost, by face.", labels: ["face"] },
  refusals: { name: "refusals_total", help: "Requests that a limit refused, by rule.", labels: ["rule"] },
  webhook_deliveries: {
    name: "webhook_attempts_total",
    help: "Attempts to deliver a webhook, by what they came to.",
    labels: ["state"],
  },
  container_starts: {
    name: "container_starts_total",
    help: "Starts of containers, by what they came to.",
    labels: ["outcome"],
  },
  effects_failed: {
    name: "effects_failed_total",
    help: "What follows from a job's change and had to be tried again, by the job's kind.",
    labels: ["kind"],
  },
};

/** A family without a sample is shown all the same, so that whoever looks for it sees that it is there. */
const counterFamilies = (counts: readonly Count[]): Family[] =>
  COUNTED.map((counted) => {
    const { name, help, labels } = COUNTERS[counted];
    const samples = counts
      .filter((count) => count.name === counted)
      .map(({ label, value }) => {
        const words = label.split(" ");
        return { labels: Object.fromEntries(labels.map((one, index) => [one, words[index] ?? ""])), value };
      });
    return { name: `sandpiper_${name}`, type: "counter", help, samples };
  });

const undeliveredFamily = (undelivered: readonly DeliveryCount[]): Family => ({
  name: "sandpiper_webhooks_undelivered",
  type: "gauge",
  help: "Webhooks of the last week that have not arrived: failed for good, disabled by their receiver, pending.",
  samples: undelivered.map(({ state, count }) => ({ labels: { state }, value: count })),
});

/** What the metrics are made of. */
export type MetricSources = {
  readonly pool: PoolView;
  readonly unfinished: readonly Unfinished[];
  readonly undelivered: readonly DeliveryCount[];
  readonly counts: readonly Count[];
};

/** The deployment's state in Prometheus' text format (version 0.0.4). */
export const metricsText = (
  { pool, unfinished, undelivered, counts }: MetricSources,
  now: number,
): string => {
  const gauges = [
    ...unfinishedFamilies(unfinished, now),
    undeliveredFamily(undelivered),
    ...poolFamilies(pool, now),
  ];
  return `${[...gauges, ...counterFamilies(counts)].map(familyText).join("\n")}\n`;
};
