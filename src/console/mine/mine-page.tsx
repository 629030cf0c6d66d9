import type { Budget, ListedRun } from "../../wire/holder-answers.ts";
import type { RunStatus } from "../../wire/run-answers.ts";
import { hrefOf } from "../route.ts";
import { Act } from "../shared/act.tsx";
import { inBackground } from "../shared/background.ts";
import { CredentialsForm, hasKey } from "../shared/credentials.tsx";
import { secondsText } from "../shared/format.ts";
import { Gauge } from "../shared/gauge.tsx";
import { Refresh, useLoaded } from "../shared/loaded.tsx";
import { Pager } from "../shared/paged.tsx";
import { Facts, When } from "../shared/show.tsx";
import { Table } from "../shared/table.tsx";
import { filters, repeat, runs, setFilter, usage } from "./mine.ts";

const STATUSES: readonly RunStatus[] = ["queued", "running", "completed", "failed"];

const endOf = ({ exit_code: code, termination_reason: reason, verdict }: ListedRun): string => {
  if (verdict !== null) return verdict.replaceAll("_", " ");
  if (code !== null) return `exit ${code}`;
  return reason ?? "";
};

const columns = [
  {
    title: "Run",
    of: (run: ListedRun) => (
      <a href={hrefOf("run", run.job_id)}>{run.entrypoint || run.job_id.slice(0, 12)}</a>
    ),
  },
  { title: "With", of: ({ interpreter }: ListedRun) => interpreter },
  { title: "Status", of: ({ status }: ListedRun) => status },
  { title: "End", of: endOf },
  { title: "CPU", of: ({ cpu_seconds: seconds }: ListedRun) => secondsText(seconds) },
  { title: "Submitted", of: ({ created_at: at }: ListedRun) => <When at={at} /> },
  {
    title: "Again",
    of: ({ job_id: id, entrypoint }: ListedRun) => (
      <Act label="Repeat" about={`${entrypoint} (${id})`} act={() => repeat(id)} />
    ),
  },
];

const Instant = ({ name, label }: { readonly name: "from" | "to"; readonly label: string }) => (
  <label class="inline">
    <span>{label}</span>
    <input
      type="datetime-local"
      value={filters.value[name]}
      onChange={({ currentTarget: input }) => setFilter({ [name]: input.value })}
    />
  </label>
);

const List = () => {
  useLoaded(runs.list);
  const page = runs.list.value.value;
  return (
    <section aria-label="Runs">
      <div class="bar">
        <label class="inline">
          <span>Status</span>
          <select
            value={filters.value.status}
            onChange={({ currentTarget: select }) => setFilter({ status: select.value as RunStatus | "" })}
          >
            <option value="">any</option>
            {STATUSES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <Instant name="from" label="From" />
        <Instant name="to" label="To" />
        <Refresh of={runs.list} />
      </div>
      {page !== null && (
        <Table label="List of runs" rows={page.items} keyOf={({ job_id: id }) => id} columns={columns} />
      )}
      <Pager of={runs} />
    </section>
  );
};

const Gauges = ({ of: budget }: { readonly of: Budget }) => (
  <>
    <dl class="facts">
      <Gauge name="Unfinished jobs" used={budget.active_jobs.used} limit={budget.active_jobs.limit} />
      <Gauge name="Jobs in an hour" used={budget.jobs_per_hour.used} limit={budget.jobs_per_hour.limit} />
      <Gauge
        name="CPU in a minute"
        used={budget.cpu_seconds_per_minute.used}
        limit={budget.cpu_seconds_per_minute.limit}
        unit=" s"
      />
    </dl>
    <Facts
      facts={[
        ["This hour (UTC)", `${budget.hour.jobs} jobs, ${secondsText(budget.hour.cpu_seconds)} CPU`],
        ["This month (UTC)", `${budget.month.jobs} jobs, ${secondsText(budget.month.cpu_seconds)} CPU`],
      ]}
    />
    {!budget.can_submit && (
      <p class="note">
        {budget.reason}; the next is possible in {budget.retry_after} s.
      </p>
    )}
  </>
);

const Usage = () => {
  useLoaded(usage);
  const told = usage.value.value;
  return (
    <section aria-label="Usage">
      <div class="bar">
        <h2>Usage{told === null ? "" : ` of ${told.owner}`}</h2>
        {told !== null && <span class="faint">quota class {told.quota_class}</span>}
        <Refresh of={usage} />
      </div>
      {told !== null && <Gauges of={told} />}
      {told !== null && told.doors.month.jobs > 0 && (
        <>
          <h3>By the doors of Judge0's and Piston's clients</h3>
          <Gauges of={told.doors} />
        </>
      )}
    </section>
  );
};

const signedIn = async (): Promise<void> => {
  runs.cursors.value = [];
  await Promise.all([runs.list.load(), usage.load()]);
};

/** What the owner of the visitor's key ran and used. */
export const MinePage = () => (
  <main>
    <div class="bar">
      <h1>My runs</h1>
      <CredentialsForm onChange={() => inBackground(signedIn())} />
    </div>
    {hasKey.value ? (
      <>
        <Usage />
        <List />
      </>
    ) : (
      <p class="note">
        Sign in with a key: its owner's runs and use are shown here. Runs without a key are known by their ids
        alone, and this browser lists its own on the page "Run".
      </p>
    )}
  </main>
);
