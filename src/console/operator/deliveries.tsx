import { signal } from "@preact/signals";
import { Act } from "../shared/act.tsx";
import { type Json, recordsOf, textOf } from "../shared/ask.ts";
import { Refresh, useLoaded } from "../shared/loaded.tsx";
import { Pager, paged, queryOf } from "../shared/paged.tsx";
import { When } from "../shared/show.tsx";
import { Table } from "../shared/table.tsx";
import { askOperator } from "./token.tsx";

const STATES = ["failed", "disabled", "pending", "delivered"];

const state = signal("");

const deliveries = paged<Json>(async (cursor, aborted) => {
  const query = queryOf({ state: state.value, limit: "25", cursor });
  const { body } = await askOperator(`/operator/webhooks${query}`, { signal: aborted });
  return { items: recordsOf(body.deliveries), next: textOf(body.next) };
});

const replay = async (id: string): Promise<void> => {
  await askOperator(`/operator/webhooks/${encodeURIComponent(id)}/replay`, { method: "POST" });
  await deliveries.list.load();
};

const columns = [
  { title: "Delivery", of: ({ id }: Json) => textOf(id).slice(0, 16) },
  { title: "State", of: ({ state: word }: Json) => textOf(word) },
  { title: "Event", of: ({ type }: Json) => textOf(type) },
  { title: "Receiver of the", of: ({ endpoint }: Json) => textOf(endpoint) },
  { title: "Attempts", of: ({ attempts }: Json) => String(attempts) },
  {
    title: "Last answer",
    of: ({ last_status: status, last_error: error }: Json) => String(status ?? error ?? ""),
  },
  { title: "Changed", of: ({ updated_at: at }: Json) => <When at={at} /> },
  {
    title: "Next attempt",
    of: ({ next_attempt_at: at }: Json) => (typeof at === "number" ? <When at={at} /> : ""),
  },
  {
    title: "Do",
    of: ({ id, state: word }: Json) =>
      textOf(word) === "delivered" ? (
        ""
      ) : (
        <Act label="Send again" about={textOf(id)} act={() => replay(textOf(id))} />
      ),
  },
];

/** Deliveries of webhooks, those that failed first. */
export const AllDeliveries = () => {
  useLoaded(deliveries.list);
  const page = deliveries.list.value.value;
  return (
    <section aria-label="Webhook deliveries">
      <div class="bar">
        <h2>Deliveries</h2>
        <label class="inline">
          <span>State</span>
          <select
            value={state.value}
            onChange={({ currentTarget: select }) => {
              state.value = select.value;
              deliveries.show([]);
            }}
          >
            <option value="">any</option>
            {STATES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <Refresh of={deliveries.list} />
      </div>
      {page !== null && (
        <Table
          label="List of deliveries"
          rows={page.items}
          keyOf={({ id }) => textOf(id)}
          columns={columns}
        />
      )}
      <Pager of={deliveries} />
    </section>
  );
};
