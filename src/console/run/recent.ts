import { signal } from "@preact/signals";
import { readStored, writeStored } from "../shared/stored.ts";

/** A run that was started in this browser; its id is its only key, so it is kept nowhere else. */
export type Recent = { readonly id: string; readonly title: string; readonly atMs: number };

const NAME = "sandpiper.recent";
const KEPT = 20;

const isRecent = (value: unknown): value is Recent[] =>
  Array.isArray(value) &&
  value.every(
    (one) => typeof one?.id === "string" && typeof one.title === "string" && typeof one.atMs === "number",
  );

const stored = (): Recent[] => readStored(localStorage, NAME, isRecent) ?? [];

export const recent = signal<readonly Recent[]>(stored());

addEventListener("storage", ({ key }) => {
  if (key === NAME) recent.value = stored();
});

const keep = (list: readonly Recent[]): void => {
  recent.value = list;
  writeStored(localStorage, NAME, list);
};

export const remember = (run: Recent): void =>
  keep([run, ...stored().filter(({ id }) => id !== run.id)].slice(0, KEPT));

export const forget = (id: string): void => keep(stored().filter((run) => run.id !== id));

export const forgetAll = (): void => keep([]);
