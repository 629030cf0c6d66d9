import { signal } from "@preact/signals";
import { hrefOf } from "../route.ts";
import { ask, type Json, recordsOf, textOf } from "../shared/ask.ts";
import { inBackground } from "../shared/background.ts";
import { loaded, Refresh, useLoaded } from "../shared/loaded.tsx";
import { When } from "../shared/show.tsx";
import { dataOf } from "./follow.ts";

const STATUSES = ["created", "queued", "in_progress", "succeeded", "failed", "cancelled", "expired"];

const path = signal("");
const status = signal("");
/** Where this page of the list starts, and those before it. */
const starts = signal<readonly string[]>([]);

const list = loaded(async (aborted) => {
  const after = starts.value.at(-1);
  const body = {
    page_size: 20,
    ...(status.value === "" ? {} : { status: status.value }),
    ...(after === undefined ? {} : { last_evaluated_key: after }),
  };
  const data = dataOf((await ask(`/${path.value}/search`, { method: "POST", body, signal: aborted })).body);
  return { items: recordsOf(data.items), next: textOf(data.last_evaluated_key) };
});

const show = (pages: readonly string[]): void => {
  starts.value = pages;
  inBackground(list.load());
};

const Row = ({ job }: { readonly job: Json }) => (
  <tr>
    <td>
      <a href={hrefOf("workloads", `${path.value}/${textOf(job.job_id)}`)}>
        {textOf(job.job_id).slice(0, 8)}
      </a>
    </td>
    <td>{textOf(job.status)}</td>
    <td>
      <When at={job.created_at} />
    </td>
  </tr>
);

/** The jobs of a workload, newest first. */
export const FoundJobs = ({ of }: { readonly of: string }) => {
  if (path.value !== of) {
    path.value = of;
    starts.value = [];
    list.value.value = null;
  }
  useLoaded(list, of);
  const page = list.value.value;
  return (
    <section aria-label="Jobs of this workload">
      <div class="bar">
        <h2>Jobs</h2>
        <label class="inline">
          <span>Status</span>
          <select
            value={status.value}
            onChange={({ currentTarget: select }) => {
              status.value = select.value;
              show([]);
            }}
          >
            <option value="">any</option>
            {STATUSES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <Refresh of={list} />
      </div>
      {page !== null && page.items.length === 0 && <p class="note">There are none.</p>}
      {page !== null && page.items.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Status</th>
              <th scope="col">Created</th>
            </tr>
          </thead>
          <tbody>
            {page.items.map((job) => (
              <Row key={textOf(job.job_id)} job={job} />
            ))}
          </tbody>
        </table>
      )}
      <div class="bar">
        <button
          type="button"
          disabled={starts.value.length === 0}
          onClick={() => show(starts.value.slice(0, -1))}
        >
          Newer
        </button>
        <button
          type="button"
          disabled={page === null || page.next === ""}
          onClick={() => show([...starts.value, page?.next ?? ""])}
        >
          Older
        </button>
      </div>
    </section>
  );
};
