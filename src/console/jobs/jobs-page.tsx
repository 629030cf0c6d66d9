import { route } from "../route.ts";
import { inBackground } from "../shared/background.ts";
import { CredentialsForm } from "../shared/credentials.tsx";
import { description } from "../shared/description.ts";
import { useLoaded } from "../shared/loaded.tsx";
import { NewJob, Settings } from "./forms.tsx";
import { JobList } from "./job-list.tsx";
import { JobPage } from "./job-page.tsx";
import { jobList } from "./jobs.ts";

const signedIn = async (): Promise<void> => {
  await Promise.all([description.load(), jobList.load()]);
};

/** The typed jobs of this deployment. */
export const JobsPage = () => {
  useLoaded(description);
  const { id } = route.value;
  return (
    <main>
      <div class="bar">
        <h1>Jobs</h1>
        <CredentialsForm onChange={() => inBackground(signedIn())} />
      </div>
      {id !== "" && <JobPage of={id} />}
      {id === "" && (
        <>
          <JobList />
          <NewJob />
          <Settings />
        </>
      )}
    </main>
  );
};
