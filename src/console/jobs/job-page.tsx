import { signal } from "@preact/signals";
import { hrefOf } from "../route.ts";
import { ask, type Json, textOf } from "../shared/ask.ts";
import { loaded, Refresh, useLoaded } from "../shared/loaded.tsx";
import { Deliveries, Facts, JsonText, When } from "../shared/show.tsx";
import { jobsPath } from "./jobs.ts";

const id = signal("");

const job = loaded(async (aborted) => {
  const path = `${jobsPath.value}/${encodeURIComponent(id.value)}`;
  const [found, told] = await Promise.all([
    ask(path, { signal: aborted }),
    ask(`${path}/webhooks`, { signal: aborted }),
  ]);
  return { ...found.body, webhooks: told.body.webhooks };
});

const Notes = ({ title, notes }: { readonly title: string; readonly notes: unknown }) => {
  const texts = Array.isArray(notes) ? notes.map(String) : [];
  if (texts.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ol>
        {texts.map((text, at) => (
          <li key={at}>{text}</li>
        ))}
      </ol>
    </section>
  );
};

const Content = ({ of: one }: { readonly of: Json }) => (
  <>
    <Facts
      facts={[
        ["Job", textOf(one.job_id)],
        ["Registered", <When key="r" at={one.registered_datetime} />],
        ["Changed", <When key="u" at={one.updated_datetime} />],
        [
          "Completed",
          one.completed_datetime === null ? "not yet" : <When key="c" at={one.completed_datetime} />,
        ],
        ["Results", String(one.result_count)],
      ]}
    />
    <Notes title="Errors, in their order" notes={one.errors} />
    <Notes title="Warnings, in their order" notes={one.warnings} />
    <h3>Request</h3>
    <JsonText label="Request" value={one.request_payload} />
    {one.response_payload !== null && (
      <>
        <h3>Result</h3>
        <JsonText label="Result" value={one.response_payload} />
      </>
    )}
    {one.settings !== null && (
      <>
        <h3>Settings as they were</h3>
        <JsonText label="Settings as they were" value={one.settings} />
      </>
    )}
    <Deliveries webhooks={one.webhooks} />
  </>
);

/** One typed job with what has happened to it. */
export const JobPage = ({ of }: { readonly of: string }) => {
  if (id.value !== of) {
    id.value = of;
    job.value.value = null;
  }
  useLoaded(job, of);
  const found = job.value.value;
  return (
    <article aria-label={`Job ${of}`}>
      <p>
        <a href={hrefOf("jobs")}>All jobs</a>
      </p>
      <div class="bar">
        <div role="status">
          <h2>{found === null ? "Job" : textOf((found as Json).status)}</h2>
        </div>
        <Refresh of={job} />
      </div>
      {found !== null && <Content of={found} />}
    </article>
  );
};
