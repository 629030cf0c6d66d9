import { useEffect, useState } from "preact/hooks";
import { ask, isRecord, type Json, recordsOf, textOf } from "../shared/ask.ts";
import { inBackground } from "../shared/background.ts";
import { sizeText } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { Deliveries, Facts, When } from "../shared/show.tsx";
import { dataOf, followJob, isOver } from "./follow.ts";

type Props = { readonly path: string; readonly id: string };

const WORDS: Record<string, string> = {
  created: "Waiting for its files",
  queued: "Waiting for its turn",
  in_progress: "Running",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
  expired: "Expired",
};

const Outputs = ({ job }: { readonly job: Json }) => {
  const outputs = recordsOf(job.outputs);
  if (outputs.length === 0) return null;
  return (
    <section aria-label="Outputs">
      <h3>Outputs</h3>
      <ul class="rows">
        {outputs.map((output) => (
          <li key={textOf(output.name)}>
            <a href={textOf(output.url)} rel="noreferrer" download={textOf(output.name)}>
              {textOf(output.name)}
            </a>{" "}
            <span class="faint">
              {sizeText(Number(output.size_bytes))}, {textOf(output.content_type)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};

const Failure = ({ job }: { readonly job: Json }) =>
  isRecord(job.error) ? (
    <>
      <p class="problem">{textOf(job.error.message)}</p>
      {textOf(job.log_tail) !== "" && <pre class="json">{textOf(job.log_tail)}</pre>}
    </>
  ) : null;

/** One job, followed until it has ended. */
export const OneJob = ({ path, id }: Props) => {
  const [job, setJob] = useState<Json | null>(null);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    const controller = new AbortController();
    const follow = async (): Promise<void> => {
      try {
        for await (const news of followJob(path, id, controller.signal)) setJob(news);
      } catch (error) {
        if (!controller.signal.aborted) setFailure(error instanceof Error ? error.message : String(error));
      }
    };
    setJob(null);
    setFailure("");
    inBackground(follow());
    return () => controller.abort();
  }, [path, id]);
  const cancel = async (): Promise<void> => {
    const { body } = await ask(`/${path}/${id}/cancel`, { method: "POST" });
    setJob(dataOf(body));
  };
  if (failure !== "") return <Problem text={failure} />;
  if (job === null) return <p class="note">Loading</p>;
  return (
    <article aria-label={`Job ${id}`}>
      <div class="bar">
        <div role="status">
          <h2>{WORDS[textOf(job.status)] ?? textOf(job.status)}</h2>
        </div>
        {!isOver(job) && (
          <button type="button" onClick={() => inBackground(cancel())}>
            Cancel
          </button>
        )}
      </div>
      <Facts
        facts={[
          ["Job", id],
          ["Created", <When key="c" at={job.created_at} />],
          ["Changed", <When key="u" at={job.updated_at} />],
        ]}
      />
      <Failure job={job} />
      <Outputs job={job} />
      <Deliveries webhooks={job.webhooks} />
    </article>
  );
};
