import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { Act } from "../shared/act.tsx";
import { type Json, recordsOf, textOf } from "../shared/ask.ts";
import { inBackground } from "../shared/background.ts";
import { Refresh, useLoaded } from "../shared/loaded.tsx";
import { Pager, paged, queryOf } from "../shared/paged.tsx";
import { Problem } from "../shared/problem.tsx";
import { When } from "../shared/show.tsx";
import { Table } from "../shared/table.tsx";
import { askOperator } from "./token.tsx";

const SCOPES = ["runs", "jobs", "workloads", "work"] as const;
const DAY_MS = 86_400_000;

const keys = paged<Json>(async (cursor, aborted) => {
  const { body } = await askOperator(`/operator/keys${queryOf({ cursor })}`, { signal: aborted });
  return { items: recordsOf(body.keys), next: textOf(body.next) };
});

/** The text of a key that was just made: the service tells it this once. */
const shown = signal("");

const make = async (path: string, body: Json): Promise<void> => {
  shown.value = "";
  const made = (await askOperator(path, { method: "POST", body })).body;
  shown.value = textOf(made.key);
  await keys.list.load();
};

const revoke = async (id: string): Promise<void> => {
  await askOperator(`/operator/keys/${id}`, { method: "DELETE" });
  await keys.list.load();
};

const isOver = ({ revoked_at: revoked, expires_at: expires }: Json): boolean =>
  [revoked, expires].some((at) => typeof at === "number" && at <= Date.now());

const columns = [
  { title: "Owner", of: ({ owner }: Json) => textOf(owner) },
  { title: "Name", of: ({ name }: Json) => textOf(name) },
  { title: "For", of: ({ scopes }: Json) => (Array.isArray(scopes) ? scopes.join(", ") : "") },
  { title: "Class", of: ({ quota_class: quotaClass }: Json) => textOf(quotaClass) },
  { title: "Made", of: ({ created_at: at }: Json) => <When at={at} /> },
  {
    title: "Ends",
    of: ({ revoked_at: revoked, expires_at: expires }: Json) => {
      const end = revoked ?? expires;
      return typeof end === "number" ? <When at={end} /> : "never";
    },
  },
  { title: "Last used", of: ({ last_used_day: day }: Json) => textOf(day) || "never" },
  {
    title: "Do",
    of: (key: Json) =>
      isOver(key) ? (
        "over"
      ) : (
        <>
          <Act
            label="Rotate"
            about={`the key of ${textOf(key.owner)}`}
            act={() => make(`/operator/keys/${textOf(key.id)}/rotate`, {})}
          />
          <Act
            label="Revoke"
            about={`the key of ${textOf(key.owner)}`}
            sure="Revoke it for good"
            act={() => revoke(textOf(key.id))}
          />
        </>
      ),
  },
];

const NewKey = () => {
  const [owner, setOwner] = useState("");
  const [name, setName] = useState("");
  const [quotaClass, setClass] = useState("");
  const [days, setDays] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(["runs", "jobs", "workloads"]);
  const [failure, setFailure] = useState("");
  const submit = async (): Promise<void> => {
    setFailure("");
    try {
      await make("/operator/keys", {
        owner,
        name,
        scopes,
        ...(quotaClass === "" ? {} : { quota_class: quotaClass }),
        ...(days === "" ? {} : { expires_at: Date.now() + Number(days) * DAY_MS }),
      });
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  const text = (label: string, value: string, set: (text: string) => void, required = false) => (
    <label>
      <span>{label}</span>
      <input value={value} required={required} onInput={({ currentTarget: at }) => set(at.value)} />
    </label>
  );
  return (
    <details>
      <summary>Make a key</summary>
      <form
        aria-label="Make a key"
        onSubmit={(event) => {
          event.preventDefault();
          inBackground(submit());
        }}
      >
        <div class="fields">
          {text("Owner (required)", owner, setOwner, true)}
          {text("Name", name, setName)}
          {text("Quota class (default)", quotaClass, setClass)}
          <label>
            <span>Days until it ends (never)</span>
            <input
              type="number"
              min={1}
              value={days}
              onInput={({ currentTarget: at }) => setDays(at.value)}
            />
          </label>
        </div>
        <fieldset class="checks">
          <legend>What it is for</legend>
          {SCOPES.map((scope) => (
            <label key={scope} class="inline">
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={({ currentTarget: box }) =>
                  setScopes(SCOPES.filter((one) => (one === scope ? box.checked : scopes.includes(one))))
                }
              />
              <span>{scope}</span>
            </label>
          ))}
        </fieldset>
        <div class="bar">
          <button class="main" type="submit">
            Make
          </button>
        </div>
        <Problem text={failure} />
      </form>
    </details>
  );
};

/** The keys of all owners. */
export const Keys = () => {
  useLoaded(keys.list);
  const page = keys.list.value.value;
  return (
    <section aria-label="Keys">
      <div class="bar">
        <h2>Keys</h2>
        <Refresh of={keys.list} />
      </div>
      {shown.value !== "" && (
        <p class="note" role="status">
          The new key, which is shown this once: <code>{shown.value}</code>
        </p>
      )}
      <NewKey />
      {page !== null && (
        <Table label="List of keys" rows={page.items} keyOf={({ id }) => textOf(id)} columns={columns} />
      )}
      <Pager of={keys} />
    </section>
  );
};
