import { signal } from "@preact/signals";
import { hrefOf } from "../route.ts";
import { type Json, recordsOf, textOf } from "../shared/ask.ts";
import { Refresh, useLoaded } from "../shared/loaded.tsx";
import { Pager, paged, queryOf } from "../shared/paged.tsx";
import { When } from "../shared/show.tsx";
import { Table } from "../shared/table.tsx";
import { askOperator } from "./token.tsx";

type Filters = { readonly face: string; readonly state: string; readonly owner: string };

const filters = signal<Filters>({ face: "", state: "", owner: "" });

const jobs = paged<Json>(async (cursor, aborted) => {
  const query = queryOf({ ...filters.value, limit: "25", cursor });
  const { body } = await askOperator(`/operator/jobs${query}`, { signal: aborted });
  return { items: recordsOf(body.jobs), next: textOf(body.next) };
});

const set = (part: Partial<Filters>): void => {
  filters.value = { ...filters.value, ...part };
  jobs.show([]);
};

const FACES = ["runs", "workloads", "jobs"];

const columns = [
  {
    title: "Job",
    of: ({ ref }: Json) => <a href={hrefOf("operator", `jobs/${textOf(ref)}`)}>{textOf(ref).slice(0, 12)}</a>,
  },
  { title: "Face", of: ({ face }: Json) => textOf(face) },
  { title: "State", of: ({ state }: Json) => textOf(state) },
  { title: "Owner", of: ({ owner }: Json) => textOf(owner) },
  { title: "Created", of: ({ created_at: at }: Json) => <When at={at} /> },
  {
    title: "Ended",
    of: ({ finished_at: at }: Json) => (typeof at === "number" ? <When at={at} /> : ""),
  },
];

const Typed = ({ name, label }: { readonly name: "state" | "owner"; readonly label: string }) => (
  <label class="inline">
    <span>{label}</span>
    <input
      value={filters.value[name]}
      onChange={({ currentTarget: input }) => set({ [name]: input.value.trim() })}
    />
  </label>
);

/** Jobs of every face, newest first. */
export const AllJobs = () => {
  useLoaded(jobs.list);
  const page = jobs.list.value.value;
  return (
    <section aria-label="Jobs">
      <div class="bar">
        <h2>Jobs</h2>
        <label class="inline">
          <span>Face</span>
          <select
            value={filters.value.face}
            onChange={({ currentTarget: select }) => set({ face: select.value })}
          >
            <option value="">any</option>
            {FACES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <Typed name="state" label="State" />
        <Typed name="owner" label="Owner" />
        <Refresh of={jobs.list} />
      </div>
      {page !== null && (
        <Table
          label="Jobs of every face"
          rows={page.items}
          keyOf={({ ref }) => textOf(ref)}
          columns={columns}
        />
      )}
      <Pager of={jobs} />
    </section>
  );
};
