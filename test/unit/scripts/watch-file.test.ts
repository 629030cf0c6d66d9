import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { watchFile } from "../../../scripts/lib/watch-file.ts";

let folder: string;
let file: string;
let changed: PromiseWithResolvers<void>;
let changes: number;
let watcher: ReturnType<typeof watchFile>;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sandpiper-watch-"));
  file = path.join(folder, ".dev.vars");
  changes = 0;
  changed = Promise.withResolvers();
  watcher = watchFile(file, () => {
    changes += 1;
    changed.resolve();
    changed = Promise.withResolvers();
  });
});

afterEach(() => {
  watcher.close();
  rmSync(folder, { recursive: true, force: true });
});

it("notices a file that comes, that is written, that another takes the place of, and that goes", async () => {
  for (const act of [
    () => writeFileSync(file, "A=1"),
    () => writeFileSync(file, "A=2"),
    () => {
      writeFileSync(`${file}.new`, "A=3");
      renameSync(`${file}.new`, file);
    },
    () => rmSync(file),
  ]) {
    const { promise } = changed;
    act();
    await promise;
  }
  expect(changes).toBe(4);
});

it("does not take another file, or the same text, for a change", async () => {
  const { promise } = changed;
  writeFileSync(file, "A=1");
  await promise;
  const { promise: next } = changed;
  writeFileSync(path.join(folder, "other"), "B=1");
  utimesSync(file, new Date(), new Date());
  writeFileSync(file, "A=1");
  // Only a real change ends this, and it is the second one that was told of.
  setTimeout(() => writeFileSync(file, "A=2"), 400);
  await next;
  expect(changes).toBe(2);
});
