import { recordsOf, textOf } from "../shared/ask.ts";
import { secondsText } from "../shared/format.ts";
import { Gauge } from "../shared/gauge.tsx";
import { loaded, Refresh, useLoaded } from "../shared/loaded.tsx";
import { Facts } from "../shared/show.tsx";
import { Table } from "../shared/table.tsx";
import { isBounded } from "./executors.tsx";
import { MaintenanceForm } from "./maintenance.tsx";
import { type Sample, samplesOf } from "./metrics.ts";
import { askOperator } from "./token.tsx";

const figures = loaded(async (signal) => {
  const [pool, metrics] = await Promise.all([
    askOperator("/pool", { signal }),
    askOperator("/metrics", { signal }),
  ]);
  return { pool: pool.body, samples: samplesOf(metrics.text) };
});

const FACES: Record<string, string> = { runs: "Runs", workloads: "Workload jobs", jobs: "Typed jobs" };

/** Samples of families that count things since the beginning, or in a window: refusals, ends, failures. */
const COUNTED = /^sandpiper_(?!jobs_|pool_|executor|containers$)\w+$/;

const nameOf = ({ name, labels }: Sample): string => {
  const words = name
    .replace(/^sandpiper_/, "")
    .replace(/_total$/, "")
    .replaceAll("_", " ");
  const details = Object.values(labels).join(", ");
  return details === "" ? words : `${words}: ${details}`;
};

const Unfinished = ({ samples }: { readonly samples: readonly Sample[] }) => {
  const jobs = samples.filter(({ name }) => name === "sandpiper_jobs_unfinished");
  const most = Math.max(1, ...jobs.map(({ value }) => value));
  return (
    <Table
      label="Jobs that have not ended"
      rows={jobs}
      keyOf={({ labels }) => `${labels.face} ${labels.state}`}
      columns={[
        { title: "What", of: ({ labels }) => FACES[labels.face ?? ""] ?? labels.face },
        { title: "State", of: ({ labels }) => labels.state },
        {
          title: "Count",
          of: ({ labels, value }) => (
            <>
              {value}{" "}
              <meter max={most} value={value} aria-label={`${labels.face} ${labels.state}: ${value}`} />
            </>
          ),
        },
      ]}
    />
  );
};

const Counted = ({ samples }: { readonly samples: readonly Sample[] }) => {
  const counted = samples.filter(({ name, value }) => COUNTED.test(name) && value > 0);
  if (counted.length === 0) return null;
  return (
    <>
      <h3>Counted</h3>
      <Facts facts={counted.map((sample) => [nameOf(sample), String(sample.value)])} />
    </>
  );
};

/** What runs and waits, as numbers and small bars. */
export const Overview = () => {
  useLoaded(figures);
  const told = figures.value.value;
  const executors = recordsOf(told?.pool.executors);
  const sum = (member: string): number =>
    executors.reduce((total, one) => total + Number(one[member] ?? 0), 0);
  const oldest = told?.samples.find(({ name }) => name === "sandpiper_pool_oldest_wait_seconds")?.value ?? 0;
  return (
    <section aria-label="Overview">
      <div class="bar">
        <h2>Now</h2>
        <Refresh of={figures} />
      </div>
      {told !== null && (
        <>
          <dl class="facts">
            <Gauge name="Programs that run" used={sum("held")} limit={sum("slots")} />
            {isBounded(sum("memoryMb")) && (
              <Gauge name="Their memory" used={sum("heldMemoryMb")} limit={sum("memoryMb")} unit=" MB" />
            )}
          </dl>
          <Facts
            facts={[
              ["Waiting", String(told.pool.waiting)],
              ["Oldest wait", secondsText(oldest)],
              ["Executors", String(executors.length)],
              ["Taking nothing", String(executors.filter(({ state }) => textOf(state) !== "joined").length)],
              ["Leases lost", String(sum("lost"))],
            ]}
          />
          <h3>Jobs that have not ended</h3>
          <Unfinished samples={told.samples} />
          <Counted samples={told.samples} />
        </>
      )}
      <MaintenanceForm />
    </section>
  );
};
