import { expect, inject, test } from "vitest";
import { collect, newClient } from "./support/client.ts";
import { printer, watchTogether, watchWithoutReading } from "./support/log-watchers.ts";

const WATCHERS = 500;
const BYTES = 2_000_000;
const PAUSE_SECONDS = 2;
/** Far above what the printing takes on a busy machine, far below what 500 slow watchers would make of it. */
const UNHINDERED_SECONDS = 10;

const printed = async (watchers: number) => {
  const client = newClient();
  const url = inject("sandpiperUrl");
  const { job_id: id } = await client.submit({ code: printer(BYTES, PAUSE_SECONDS) });
  const idler = watchers > 0 ? await watchWithoutReading(url, id) : null;
  const crowd = watchTogether(url, id, watchers);
  const openedMs = await crowd.opened;
  const watched = await crowd.ended;
  const report = await client.wait(id);
  const all = await collect(client.logs(id));
  const [took = ""] = all.filter(({ stream }) => stream === "stderr").map(({ data }) => data);
  return { client, id, idler, crowd, openedMs, watched, report, all, tookSeconds: Number(took) };
};

test("five hundred watchers of one run get the same records in order, and do not slow it down", async () => {
  const alone = await printed(0);
  const run = await printed(WATCHERS);
  expect(run.report).toMatchObject({ status: "completed", truncated: false });

  const { watched, crowd, all } = run;
  expect(watched.length).toBe(WATCHERS);
  expect(crowd.records.map((frame) => JSON.parse(String(frame)))).toEqual(all);
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, at) => at + 1));
  const text = all.filter(({ stream }) => stream === "stdout").map(({ data }) => data);
  expect(text.join("").length).toBe(BYTES);
  for (const watcher of watched) {
    expect(watcher).toMatchObject({ records: all.length, isLikeTheOthers: true, closeCode: 1000 });
    expect(JSON.parse(watcher.end)).toMatchObject({ type: "end", last_seq: all.length, truncated: false });
  }

  const lastMs = Math.max(...watched.map(({ endMs }) => endMs));
  process.stdout.write(
    `${WATCHERS} watchers open after ${Math.round(run.openedMs)} ms, all at the end after ` +
      `${Math.round(lastMs)} ms; printing took ${run.tookSeconds.toFixed(3)} s, ` +
      `${alone.tookSeconds.toFixed(3)} s without watchers\n`,
  );
  expect(run.tookSeconds).toBeLessThan(UNHINDERED_SECONDS);

  // The one that did not read finds what it missed, or comes back for it.
  const { seqs, code } = (await run.idler?.read()) ?? { seqs: [], code: 0 };
  expect([1000, 1006, 1013]).toContain(code);
  const rest = await collect(run.client.logs(run.id, { after: seqs.at(-1) ?? 0 }));
  expect([...seqs, ...rest.map(({ seq }) => seq)]).toEqual(all.map(({ seq }) => seq));
});
