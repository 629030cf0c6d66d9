import { computed, signal } from "@preact/signals";
import { ask, recordsOf } from "../shared/ask.ts";
import { inBackground } from "../shared/background.ts";
import { description, pathOf, queryChoices } from "../shared/description.ts";
import { loaded } from "../shared/loaded.tsx";

/** What of the list is shown, as it was typed. */
export type Filters = { readonly status: string; readonly from: string; readonly to: string };

export const filters = signal<Filters>({ status: "", from: "", to: "" });
/** The addresses of the pages before this one, and of this one. */
export const pages = signal<readonly string[]>([]);

/** The path of the jobs, which a deployment may have put behind a prefix. */
export const jobsPath = computed(() => {
  const document = description.value.value;
  return (document === null ? null : pathOf(document, "processingjoblistGet")) ?? "/jobs";
});

/** The statuses that the list can be filtered by, in the service's own words. */
export const statuses = computed(() => {
  const document = description.value.value;
  return document === null ? [] : queryChoices(document, jobsPath.value, "status");
});

const ISO_SECONDS = 19;

const firstPage = (): string => {
  const { status, from, to } = filters.value;
  const query = new URLSearchParams({ limit: "50" });
  if (status !== "") query.set("status", status);
  const instant = (text: string): string => `${new Date(text).toISOString().slice(0, ISO_SECONDS)}+00:00`;
  if (from !== "") query.set("registered_datetime_gte", instant(from));
  if (to !== "") query.set("registered_datetime_lte", instant(to));
  return `?${query}`;
};

export const jobList = loaded(async (signal) => {
  const { body, headers } = await ask(`${jobsPath.value}${pages.value.at(-1) ?? firstPage()}`, { signal });
  const next = headers.get("x-next") ?? "";
  return { jobs: recordsOf(body.Jobs), next: next === "" ? "" : next.slice(next.indexOf("?")) };
});

export const showPage = (list: readonly string[]): void => {
  pages.value = list;
  inBackground(jobList.load());
};

export const setFilter = (name: keyof Filters, value: string): void => {
  filters.value = { ...filters.value, [name]: value };
  showPage([]);
};
