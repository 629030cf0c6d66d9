import { signal } from "@preact/signals";
import { goTo, hrefOf } from "../route.ts";
import { Act } from "../shared/act.tsx";
import { recordsOf, textOf } from "../shared/ask.ts";
import { loaded, Refresh, useLoaded } from "../shared/loaded.tsx";
import { Deliveries, Facts, When } from "../shared/show.tsx";
import { askOperator } from "./token.tsx";

const ref = signal("");

const pathOf = (action = ""): string => `/operator/jobs/${encodeURIComponent(ref.value)}${action}`;

const job = loaded(async (aborted) => (await askOperator(pathOf(), { signal: aborted })).body);

const cancel = async (): Promise<void> => {
  await askOperator(pathOf("/cancel"), { method: "POST" });
  await job.load();
};

const redrive = async (): Promise<void> => {
  await askOperator(pathOf("/redrive"), { method: "POST" });
  await job.load();
};

const remove = async (): Promise<void> => {
  await askOperator(pathOf(), { method: "DELETE" });
  goTo("operator", "jobs");
};

const Content = ({ of }: { readonly of: string }) => {
  const one = job.value.value;
  if (one === null) return null;
  return (
    <>
      <Facts
        facts={[
          ["Job", of],
          ["Face", textOf(one.face)],
          ["State", textOf(one.state)],
          ["Owner", textOf(one.owner) || "nobody"],
          ["Attempts", String(one.attempts)],
          ["Reason", textOf(one.reason) || "-"],
        ]}
      />
      <h3>Timeline</h3>
      <ol class="rows">
        {recordsOf(one.timeline).map((event, at) => (
          <li key={at}>
            <When at={event.at} /> {textOf(event.what)}
          </li>
        ))}
      </ol>
      <Deliveries webhooks={one.webhooks} />
    </>
  );
};

/** A job with its timeline, and what may be done with it. */
export const OneJob = ({ of }: { readonly of: string }) => {
  if (ref.value !== of) {
    ref.value = of;
    job.value.value = null;
  }
  useLoaded(job, of);
  return (
    <article aria-label={`Job ${of}`}>
      <p>
        <a href={hrefOf("operator", "jobs")}>All jobs</a>
      </p>
      <div class="bar">
        <h2>Job</h2>
        <Refresh of={job} />
        <Act label="Cancel" about={of} sure="Stop it" act={cancel} />
        <Act label="Run again" about={of} sure="Run it from its beginning" act={redrive} />
        <Act label="Delete" about={of} sure="Delete it with all its files" act={remove} />
      </div>
      <Content of={of} />
    </article>
  );
};
