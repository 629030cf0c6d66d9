import { hrefOf } from "../route.ts";
import { forgetAll, recent } from "./recent.ts";
import { runId } from "./session.ts";

const time = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });

/** The runs that were started in this browser; nobody else lists them. */
export const RecentRuns = () =>
  recent.value.length === 0 ? null : (
    <details class="recent">
      <summary>Recent runs in this browser</summary>
      <ul>
        {recent.value.map(({ id, title, atMs }) => (
          <li key={id}>
            <a href={hrefOf("run", id)} aria-current={id === runId.value ? "true" : undefined}>
              {title}
            </a>{" "}
            <time class="faint" dateTime={new Date(atMs).toISOString()}>
              {time.format(atMs)}
            </time>
          </li>
        ))}
      </ul>
      <button type="button" class="quiet" onClick={forgetAll}>
        Forget them
      </button>
    </details>
  );
