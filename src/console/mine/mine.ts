import { signal } from "@preact/signals";
import type { ListedRun } from "../../wire/holder-answers.ts";
import type { RunStatus } from "../../wire/run-answers.ts";
import { goTo } from "../route.ts";
import { client, messageOf } from "../shared/api.ts";
import { loaded } from "../shared/loaded.tsx";
import { paged } from "../shared/paged.tsx";

/** What of the list is shown, as it was typed. */
export type Filters = { readonly status: RunStatus | ""; readonly from: string; readonly to: string };

export const filters = signal<Filters>({ status: "", from: "", to: "" });

const instant = (text: string): string => new Date(text).toISOString();

/** The service's words become the page's. */
const worded = async <T>(question: Promise<T>): Promise<T> => {
  try {
    return await question;
  } catch (error) {
    throw new Error(messageOf(error));
  }
};

export const runs = paged<ListedRun>(async (cursor, aborted) => {
  const { status, from, to } = filters.value;
  const query = {
    limit: 20,
    ...(status === "" ? {} : { status }),
    ...(from === "" ? {} : { from: instant(from) }),
    ...(to === "" ? {} : { to: instant(to) }),
    ...(cursor === "" ? {} : { cursor }),
  };
  const page = await worded(client.value.runs(query, { signal: aborted }));
  return { items: page.runs, next: page.next ?? "" };
});

export const usage = loaded((signal) => worded(client.value.usage({ signal })));

export const setFilter = (part: Partial<Filters>): void => {
  filters.value = { ...filters.value, ...part };
  runs.show([]);
};

/** Runs a program again and shows the new run. */
export const repeat = async (id: string): Promise<void> => {
  const { job_id: again } = await worded(client.value.repeat(id));
  goTo("run", again);
};
