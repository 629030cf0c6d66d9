import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { inBackground } from "./background.ts";

/** Something that is asked of the service when a page opens, on demand, and when its tab comes to the front. */
export type Loaded<T> = {
  readonly value: Signal<T | null>;
  readonly failure: Signal<string>;
  readonly isLoading: Signal<boolean>;
  readonly load: () => Promise<void>;
};

/** Of several questions that are on their way at once the last one counts. */
export const loaded = <T,>(question: (signal: AbortSignal) => Promise<T>): Loaded<T> => {
  const value = signal<T | null>(null);
  const failure = signal("");
  const isLoading = signal(false);
  let controller = new AbortController();
  const load = async (): Promise<void> => {
    controller.abort();
    controller = new AbortController();
    const mine = controller.signal;
    isLoading.value = true;
    try {
      const answer = await question(mine);
      if (mine.aborted) return;
      value.value = answer;
      failure.value = "";
    } catch (error) {
      if (mine.aborted) return;
      failure.value = error instanceof Error ? error.message : String(error);
    }
    isLoading.value = false;
  };
  return { value, failure, isLoading, load };
};

/** Loads when the page opens and whenever its tab comes to the front; never by the clock. */
export const useLoaded = ({ load }: Pick<Loaded<unknown>, "load">, key = ""): void => {
  useEffect(() => {
    const ask = (): void => inBackground(load());
    const onFront = (): void => {
      if (document.visibilityState === "visible") ask();
    };
    ask();
    addEventListener("focus", ask);
    document.addEventListener("visibilitychange", onFront);
    return () => {
      removeEventListener("focus", ask);
      document.removeEventListener("visibilitychange", onFront);
    };
  }, [load, key]);
};

/** Asks again, and says when something went wrong. */
export const Refresh = ({
  of: { load, failure, isLoading },
}: {
  readonly of: Omit<Loaded<unknown>, "value">;
}) => (
  <>
    <button type="button" disabled={isLoading.value} onClick={() => inBackground(load())}>
      Refresh
    </button>
    {failure.value !== "" && (
      <p class="problem wide" role="alert">
        {failure.value}
      </p>
    )}
  </>
);
