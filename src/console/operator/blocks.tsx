import { useState } from "preact/hooks";
import { Act } from "../shared/act.tsx";
import { type Json, recordsOf, textOf } from "../shared/ask.ts";
import { inBackground } from "../shared/background.ts";
import { loaded, Refresh, useLoaded } from "../shared/loaded.tsx";
import { Problem } from "../shared/problem.tsx";
import { When } from "../shared/show.tsx";
import { Table } from "../shared/table.tsx";
import { askOperator } from "./token.tsx";

const KINDS = { address: "address", range: "range", owner: "owner", job_hash: "program (job_hash)" } as const;
const HOUR_MS = 3_600_000;

const blocks = loaded(async (signal) =>
  recordsOf((await askOperator("/operator/blocks", { signal })).body.blocks),
);

const remove = async (id: string): Promise<void> => {
  await askOperator(`/operator/blocks/${id}`, { method: "DELETE" });
  await blocks.load();
};

const columns = [
  { title: "What", of: ({ kind }: Json) => textOf(kind) },
  { title: "Value", of: ({ value }: Json) => <span class="value">{textOf(value)}</span> },
  { title: "Reason", of: ({ reason }: Json) => textOf(reason) },
  { title: "Since", of: ({ created_at: at }: Json) => <When at={at} /> },
  {
    title: "Until",
    of: ({ until }: Json) => (typeof until === "number" ? <When at={until} /> : "it is taken back"),
  },
  {
    title: "Do",
    of: ({ id, value }: Json) => (
      <Act label="Take back" about={`the block of ${textOf(value)}`} act={() => remove(textOf(id))} />
    ),
  },
];

const NewBlock = () => {
  const [kind, setKind] = useState<string>("address");
  const [value, setValue] = useState("");
  const [reason, setReason] = useState("");
  const [hours, setHours] = useState("");
  const [failure, setFailure] = useState("");
  const submit = async (): Promise<void> => {
    setFailure("");
    const until = hours === "" ? {} : { until: Date.now() + Number(hours) * HOUR_MS };
    try {
      await askOperator("/operator/blocks", {
        method: "POST",
        body: { kind, value: value.trim(), reason, ...until },
      });
      setValue("");
      await blocks.load();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <details>
      <summary>Shut somebody out</summary>
      <form
        aria-label="Shut somebody out"
        onSubmit={(event) => {
          event.preventDefault();
          inBackground(submit());
        }}
      >
        <div class="fields">
          <label>
            <span>What</span>
            <select value={kind} onChange={({ currentTarget: at }) => setKind(at.value)}>
              {Object.entries(KINDS).map(([name, words]) => (
                <option key={name} value={name}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>Value (required)</span>
            <input value={value} required onInput={({ currentTarget: at }) => setValue(at.value)} />
          </label>
          <label>
            <span>Reason, told to whoever is shut out (required)</span>
            <input value={reason} required onInput={({ currentTarget: at }) => setReason(at.value)} />
          </label>
          <label>
            <span>Hours (until it is taken back)</span>
            <input
              type="number"
              min={1}
              value={hours}
              onInput={({ currentTarget: at }) => setHours(at.value)}
            />
          </label>
        </div>
        <div class="bar">
          <button class="main" type="submit">
            Block
          </button>
          <span class="faint">Effective within 30 s.</span>
        </div>
        <Problem text={failure} />
      </form>
    </details>
  );
};

/** Who and what is shut out. */
export const Blocks = () => {
  useLoaded(blocks);
  const list = blocks.value.value;
  return (
    <section aria-label="Blocks">
      <div class="bar">
        <h2>Blocks</h2>
        <Refresh of={blocks} />
      </div>
      <NewBlock />
      {list !== null && (
        <Table label="List of blocks" rows={list} keyOf={({ id }) => textOf(id)} columns={columns} />
      )}
    </section>
  );
};
