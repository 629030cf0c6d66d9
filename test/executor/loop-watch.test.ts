import { afterEach, describe, expect, it } from "vitest";
import { noteWork, watchLoop } from "../../executor/loop-watch.ts";
import { withExecutor } from "./support/levels.ts";

/** Holds the event loop up, as a job's bytes could that are costly to read. */
const hold = (ms: number): void => {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("the watch over the event loop", () => {
  let timer: NodeJS.Timeout | undefined;
  afterEach(() => clearInterval(timer));
  const watch = () => {
    const logged: { event: string; fields: Readonly<Record<string, unknown>> | undefined }[] = [];
    timer = watchLoop((event, fields) => logged.push({ event, fields }));
    return logged;
  };

  it("logs a stall of over 200 ms, once, with what was done in it", async () => {
    const logged = watch();
    await pause(120);
    noteWork("reading outputs");
    hold(400);
    await pause(200);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ event: "event_loop_stalled", fields: { doing: "reading outputs" } });
    const { stallMs } = logged[0]?.fields ?? {};
    expect(stallMs).toBeGreaterThanOrEqual(300);
    expect(stallMs).toBeLessThan(700);
  });

  it("keeps silent about what is shorter, and about work that left the loop free", async () => {
    const logged = watch();
    // The machine itself may hold a round up, and is then rightly logged.
    let heldUp = 0;
    for (let round = 0; round < 10; round += 1) {
      const startedMs = performance.now();
      noteWork("reading outputs");
      hold(60);
      await pause(60);
      if (performance.now() - startedMs > 220) heldUp += 1;
    }
    expect(logged.length).toBeLessThanOrEqual(heldUp);
  });

  it("blames nothing for a stall that nothing was noted before", async () => {
    const logged = watch();
    noteWork("reading outputs");
    await pause(150);
    hold(400);
    await pause(120);
    expect(logged).toMatchObject([{ fields: { doing: "nothing noted" } }]);
  });
});

describe("an executor", () => {
  const { executor } = withExecutor();

  it("logs a stall of its own", async () => {
    const { child, log } = executor();
    const stalls = () => log.filter((line) => line.includes("event_loop_stalled"));
    await pause(300);
    const before = stalls().length;
    child.kill("SIGSTOP");
    await pause(600);
    child.kill("SIGCONT");
    await expect.poll(() => stalls().length, { timeout: 2_000 }).toBe(before + 1);
    const { stallMs, doing } = JSON.parse(stalls().at(-1) ?? "{}");
    expect(stallMs).toBeGreaterThan(400);
    expect(typeof doing).toBe("string");
  });
});
