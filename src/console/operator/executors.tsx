import { Act } from "../shared/act.tsx";
import { type Json, recordsOf, textOf } from "../shared/ask.ts";
import { loaded, Refresh, useLoaded } from "../shared/loaded.tsx";
import { When } from "../shared/show.tsx";
import { Table } from "../shared/table.tsx";
import { askOperator } from "./token.tsx";

const pool = loaded(async (signal) => (await askOperator("/pool", { signal })).body);

const tell = async (instance: string, action: "drain" | "release"): Promise<void> => {
  await askOperator(`/operator/pool/${encodeURIComponent(instance)}/${action}`, { method: "POST" });
  await pool.load();
};

const ENDLESS_MB = 2 ** 30;

/** Whether an executor's memory has a bound; on a machine that sets none it is a number without meaning. */
export const isBounded = (memoryMb: number): boolean => memoryMb < ENDLESS_MB;

const memoryOf = ({ heldMemoryMb: held, memoryMb: all }: Json): string =>
  isBounded(Number(all)) ? `${String(held)} of ${String(all)} MB` : `${String(held)} MB`;

const instanceOf = ({ instance }: Json): string => textOf(instance);

const columns = [
  { title: "Executor", of: (one: Json) => `${textOf(one.name)} (${instanceOf(one).slice(0, 8)})` },
  { title: "State", of: ({ state }: Json) => textOf(state) },
  {
    title: "Holds",
    of: (one: Json) => (
      <>
        {String(one.held)} of {String(one.slots)}{" "}
        <meter
          max={Math.max(1, Number(one.slots))}
          value={Number(one.held)}
          aria-label={`${String(one.held)} of ${String(one.slots)} held by ${instanceOf(one).slice(0, 8)}`}
        />
      </>
    ),
  },
  { title: "Memory", of: memoryOf },
  { title: "Isolation", of: ({ isolation }: Json) => String(isolation) },
  { title: "Refused", of: ({ refused }: Json) => String(refused) },
  { title: "Lost", of: ({ lost }: Json) => String(lost) },
  { title: "Joined", of: ({ joinedAtMs }: Json) => <When at={joinedAtMs} /> },
  {
    title: "Do",
    of: (one: Json) => (
      <>
        <Act
          label="Drain"
          about={instanceOf(one)}
          sure="Let it finish and go"
          act={() => tell(instanceOf(one), "drain")}
        />
        {textOf(one.state) === "drained" && (
          <Act label="Release" about={instanceOf(one)} act={() => tell(instanceOf(one), "release")} />
        )}
      </>
    ),
  },
];

const containerColumns = [
  { title: "Container", of: ({ name }: Json) => textOf(name) },
  { title: "State", of: ({ state }: Json) => textOf(state) },
  { title: "Reason", of: ({ reason }: Json) => textOf(reason) },
  { title: "Since", of: ({ sinceMs }: Json) => <When at={sinceMs} /> },
];

/** Who runs programs. */
export const Executors = () => {
  useLoaded(pool);
  const told = pool.value.value;
  return (
    <section aria-label="Executors">
      <div class="bar">
        <h2>Executors</h2>
        <Refresh of={pool} />
      </div>
      {told !== null && (
        <>
          <Table
            label="List of executors"
            rows={recordsOf(told.executors)}
            keyOf={instanceOf}
            columns={columns}
          />
          <h3>Containers of this deployment</h3>
          <Table
            label="Containers"
            rows={recordsOf(told.containers)}
            keyOf={({ name }) => textOf(name)}
            columns={containerColumns}
          />
        </>
      )}
    </section>
  );
};
