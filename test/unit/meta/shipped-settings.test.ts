import { describe, expect, it } from "vitest";
import { workerConfig } from "../../../scripts/lib/worker-config.ts";

describe("the settings that are shipped", () => {
  it("want keys for typed jobs and workloads, and let strangers run programs", () => {
    expect(workerConfig().vars).toMatchObject({ ACCESS: "keys", ANONYMOUS_RUNS: "true" });
  });

  it("keep addresses of requests, and with them ids of runs, out of the platform's logs", () => {
    expect(workerConfig().observability).toMatchObject({ enabled: true, logs: { invocation_logs: false } });
  });
});
