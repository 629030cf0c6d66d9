import { signal } from "@preact/signals";

/** Pages, by the first part of the fragment. */
export const PAGES = {
  run: "Run",
  mine: "My runs",
  workloads: "Workloads",
  jobs: "Jobs",
  operator: "Operator",
} as const;
export type Page = keyof typeof PAGES;

/** Where the page is: what it shows, and of what. Both stand in the fragment, which no server sees. */
export type Route = { readonly page: Page; readonly id: string };

const routeOf = (hash: string): Route => {
  const [page = "", ...rest] = hash.replace(/^#\/?/, "").split("/");
  return page in PAGES
    ? { page: page as Page, id: decodeURIComponent(rest.join("/")) }
    : { page: "run", id: "" };
};

export const route = signal<Route>(routeOf(location.hash));

addEventListener("hashchange", () => {
  route.value = routeOf(location.hash);
});

/** The fragment of a page. */
export const hrefOf = (page: Page, id = ""): string => `#/${page}${id === "" ? "" : `/${id}`}`;

/** Goes to a page, or with `replace` changes what the present entry of the history says. */
export const goTo = (page: Page, id: string): void => {
  if (routeOf(location.hash).page === page && route.value.id === id) return;
  location.hash = hrefOf(page, id);
};
