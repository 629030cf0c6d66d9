import type { JSX } from "preact";
import { hrefOf, route } from "../route.ts";
import { Blocks } from "./blocks.tsx";
import { AllDeliveries } from "./deliveries.tsx";
import { Executors } from "./executors.tsx";
import { AllJobs } from "./jobs.tsx";
import { Keys } from "./keys.tsx";
import { OneJob } from "./one-job.tsx";
import { Overview } from "./overview.tsx";
import { hasToken, TokenForm } from "./token.tsx";

type Part = { readonly title: string; readonly Body: () => JSX.Element };

const PARTS: Readonly<Record<string, Part>> = {
  "": { title: "Overview", Body: Overview },
  jobs: { title: "Jobs", Body: AllJobs },
  executors: { title: "Executors", Body: Executors },
  keys: { title: "Keys", Body: Keys },
  deliveries: { title: "Deliveries", Body: AllDeliveries },
  blocks: { title: "Blocks", Body: Blocks },
};

const Parts = () => {
  const [name = "", rest = ""] = route.value.id.split("/", 2);
  const part = PARTS[name] ?? PARTS[""];
  return (
    <>
      <nav class="bar parts" aria-label="Parts of the operator's page">
        {Object.entries(PARTS).map(([id, { title }]) => (
          <a key={id} href={hrefOf("operator", id)} aria-current={id === name ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      {name === "jobs" && rest !== "" ? <OneJob of={rest} /> : part !== undefined && <part.Body key={name} />}
    </>
  );
};

/** What whoever operates the deployment sees and does. */
export const OperatorPage = () => (
  <main>
    <div class="bar">
      <h1>Operator</h1>
      {hasToken.value && <TokenForm />}
    </div>
    {hasToken.value ? <Parts /> : <TokenForm />}
  </main>
);
