import { hrefOf } from "../route.ts";
import { textOf } from "../shared/ask.ts";
import { Refresh, useLoaded } from "../shared/loaded.tsx";
import { When } from "../shared/show.tsx";
import { filters, jobList, pages, setFilter, showPage, statuses } from "./jobs.ts";

const Filter = ({ name, label }: { readonly name: "from" | "to"; readonly label: string }) => (
  <label class="inline">
    <span>{label}</span>
    <input
      type="datetime-local"
      value={filters.value[name]}
      onChange={({ currentTarget: input }) => setFilter(name, input.value)}
    />
  </label>
);

const Table = () => {
  const page = jobList.value.value;
  if (page === null) return null;
  if (page.jobs.length === 0) return <p class="note">There are none.</p>;
  return (
    <table>
      <thead>
        <tr>
          {["Job", "Status", "Registered", "Completed", "Results"].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {page.jobs.map((job) => (
          <tr key={textOf(job.job_id)}>
            <td>
              <a href={hrefOf("jobs", textOf(job.job_id))}>{textOf(job.job_id).slice(0, 8)}</a>
            </td>
            <td>{textOf(job.status)}</td>
            <td>
              <When at={job.registered_datetime} />
            </td>
            <td>{job.completed_datetime === null ? "" : <When at={job.completed_datetime} />}</td>
            <td>{String(job.result_count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};

/** The typed jobs, newest first, with filters and pages. */
export const JobList = () => {
  useLoaded(jobList);
  const next = jobList.value.value?.next ?? "";
  return (
    <section aria-label="Jobs">
      <div class="bar">
        <label class="inline">
          <span>Status</span>
          <select
            value={filters.value.status}
            onChange={({ currentTarget: select }) => setFilter("status", select.value)}
          >
            <option value="">any</option>
            {statuses.value.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <Filter name="from" label="From" />
        <Filter name="to" label="To" />
        <Refresh of={jobList} />
      </div>
      <div class="scrolls">
        <Table />
      </div>
      <div class="bar">
        <button
          type="button"
          disabled={pages.value.length === 0}
          onClick={() => showPage(pages.value.slice(0, -1))}
        >
          Newer
        </button>
        <button type="button" disabled={next === ""} onClick={() => showPage([...pages.value, next])}>
          Older
        </button>
      </div>
    </section>
  );
};
