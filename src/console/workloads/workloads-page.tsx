import { goTo, hrefOf, route } from "../route.ts";
import { inBackground } from "../shared/background.ts";
import { CredentialsForm } from "../shared/credentials.tsx";
import { description, workloadsOf } from "../shared/description.ts";
import { Refresh, useLoaded } from "../shared/loaded.tsx";
import { FoundJobs } from "./found-jobs.tsx";
import { NewJob } from "./new-job.tsx";
import { OneJob } from "./one-job.tsx";

const SEGMENTS = 3;

/** `workload/function/sub_function`, and a job's id behind it. */
const placeOf = (id: string): { path: string; job: string } => {
  const segments = id.split("/");
  return { path: segments.slice(0, SEGMENTS).join("/"), job: segments[SEGMENTS] ?? "" };
};

/** Jobs whose files go to the bucket first. */
export const WorkloadsPage = () => {
  useLoaded(description);
  const document = description.value.value;
  const workloads = document === null ? [] : workloadsOf(document);
  const { path, job } = placeOf(route.value.id);
  const chosen = workloads.find((one) => one.path === path) ?? workloads[0];
  return (
    <main>
      <div class="bar">
        <h1>Workloads</h1>
        {document === null && <Refresh of={description} />}
        {workloads.length > 0 && (
          <label class="inline">
            <span>Workload</span>
            <select
              value={chosen?.path}
              onChange={({ currentTarget: select }) => goTo("workloads", select.value)}
            >
              {workloads.map((one) => (
                <option key={one.path}>{one.path}</option>
              ))}
            </select>
          </label>
        )}
        <CredentialsForm onChange={() => inBackground(description.load())} />
      </div>
      {document !== null && chosen === undefined && <p class="note">This deployment has no workloads.</p>}
      {chosen !== undefined && job !== "" && (
        <>
          <p>
            <a href={hrefOf("workloads", chosen.path)}>All jobs, and a new one</a>
          </p>
          <OneJob path={chosen.path} id={job} />
        </>
      )}
      {chosen !== undefined && job === "" && (
        <>
          <NewJob key={chosen.path} workload={chosen} />
          <FoundJobs of={chosen.path} />
        </>
      )}
    </main>
  );
};
