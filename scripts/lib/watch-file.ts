import { existsSync, type FSWatcher, readFileSync, watch } from "node:fs";
import path from "node:path";

/** Editors write a file in several steps, or write another one and rename it. */
const SETTLED_MS = 150;

const textOf = (file: string): string | null => (existsSync(file) ? readFileSync(file, "utf8") : null);

/**
 * Calls `onChange` when a file holds something else than before, when it comes and when it goes; its folder
 * must be there. What is only touched is no change.
 */
export const watchFile = (file: string, onChange: () => void): Pick<FSWatcher, "close"> => {
  let known = textOf(file);
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const text = textOf(file);
    if (text === known) return;
    known = text;
    onChange();
  };
  // The folder, because a renamed file takes the place of the one that would be watched.
  const watcher = watch(path.dirname(file), (_event, name) => {
    if (name !== path.basename(file)) return;
    clearTimeout(timer);
    timer = setTimeout(look, SETTLED_MS);
  });
  return {
    close: () => {
      clearTimeout(timer);
      watcher.close();
    },
  };
};
