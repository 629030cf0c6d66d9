import { type Signal, signal } from "@preact/signals";
import { inBackground } from "./background.ts";
import { type Loaded, loaded } from "./loaded.tsx";

export type PageOf<T> = { readonly items: readonly T[]; readonly next: string };

/** A list that is shown page by page, each behind the cursor of the one before. */
export type Paged<T> = {
  readonly list: Loaded<PageOf<T>>;
  /** The cursors of the pages before this one, and of this one. */
  readonly cursors: Signal<readonly string[]>;
  readonly show: (cursors: readonly string[]) => void;
};

export const paged = <T,>(
  question: (cursor: string, signal: AbortSignal) => Promise<PageOf<T>>,
): Paged<T> => {
  const cursors = signal<readonly string[]>([]);
  const list = loaded((aborted) => question(cursors.value.at(-1) ?? "", aborted));
  const show = (next: readonly string[]): void => {
    cursors.value = next;
    inBackground(list.load());
  };
  return { list, cursors, show };
};

/** The way to the pages around this one. */
export const Pager = ({ of: { list, cursors, show } }: { readonly of: Paged<unknown> }) => {
  const next = list.value.value?.next ?? "";
  if (next === "" && cursors.value.length === 0) return null;
  return (
    <div class="bar">
      <button
        type="button"
        disabled={cursors.value.length === 0}
        onClick={() => show(cursors.value.slice(0, -1))}
      >
        Newer
      </button>
      <button type="button" disabled={next === ""} onClick={() => show([...cursors.value, next])}>
        Older
      </button>
    </div>
  );
};

/** A query of the parameters that are not empty. */
export const queryOf = (parameters: Readonly<Record<string, string>>): string => {
  const given = Object.entries(parameters).filter(([, value]) => value !== "");
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
};
