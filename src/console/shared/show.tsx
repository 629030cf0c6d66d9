import type { ComponentChildren } from "preact";
import { type Json, recordsOf, textOf } from "./ask.ts";

const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** An instant, of epoch milliseconds or ISO text, in the reader's own time. */
export const When = ({ at }: { readonly at: unknown }) => {
  const date = new Date(typeof at === "number" ? at : textOf(at));
  if (Number.isNaN(date.getTime())) return <>never</>;
  return <time dateTime={date.toISOString()}>{format.format(date)}</time>;
};

/** JSON as text. */
export const JsonText = ({ value, label }: { readonly value: unknown; readonly label: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard
  <section class="json" aria-label={label} tabIndex={0}>
    <pre>{JSON.stringify(value, null, 2)}</pre>
  </section>
);

export type Fact = readonly [name: string, value: ComponentChildren];

export const Facts = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <dl class="facts">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** How far the webhooks of a job have come. */
export const Deliveries = ({ webhooks }: { readonly webhooks: unknown }) => {
  const list = recordsOf(webhooks);
  if (list.length === 0) return null;
  return (
    <section aria-label="Webhook deliveries">
      <h3>Webhook deliveries</h3>
      <ul class="rows">
        {list.map((delivery, at) => (
          <li key={textOf(delivery.id) || at}>
            <DeliveryLine delivery={delivery} />
          </li>
        ))}
      </ul>
    </section>
  );
};

const DeliveryLine = ({ delivery }: { readonly delivery: Json }) => {
  const attempts = Number(delivery.attempts ?? 0);
  const last = delivery.last_status ?? delivery.last_error ?? null;
  return (
    <>
      <strong>{textOf(delivery.state)}</strong>: {textOf(delivery.type)} to the receiver of the{" "}
      {textOf(delivery.endpoint)}, {attempts} {attempts === 1 ? "attempt" : "attempts"}
      {last === null ? "" : `, last ${last}`}
      {textOf(delivery.next_attempt_at) !== "" && (
        <>
          , next <When at={delivery.next_attempt_at} />
        </>
      )}
    </>
  );
};
