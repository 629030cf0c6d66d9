import type { JSX } from "preact";
import { JobsPage } from "./jobs/jobs-page.tsx";
import { MinePage } from "./mine/mine-page.tsx";
import { OperatorPage } from "./operator/operator-page.tsx";
import { hrefOf, PAGES, type Page, route } from "./route.ts";
import { RunPage } from "./run/run-page.tsx";
import { ThemeChoice } from "./shared/theme.tsx";
import { WorkloadsPage } from "./workloads/workloads-page.tsx";

const BODIES: Record<Page, () => JSX.Element> = {
  run: RunPage,
  mine: MinePage,
  workloads: WorkloadsPage,
  jobs: JobsPage,
  operator: OperatorPage,
};

export const App = () => {
  const { page } = route.value;
  const Body = BODIES[page];
  return (
    <>
      <header class="bar">
        <a class="brand" href={hrefOf("run")}>
          Sandpiper
        </a>
        <nav aria-label="Pages">
          {(Object.keys(PAGES) as Page[]).map((name) => (
            <a key={name} href={hrefOf(name)} aria-current={name === page ? "page" : undefined}>
              {PAGES[name]}
            </a>
          ))}
          <a href="openapi">API</a>
        </nav>
        <ThemeChoice />
      </header>
      <Body />
    </>
  );
};
