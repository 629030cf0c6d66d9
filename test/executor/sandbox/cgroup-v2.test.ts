import { describe, expect, it } from "vitest";
import { unifiedBase } from "../../../executor/sandbox/cgroup-v2.ts";

describe("the group that an executor makes its own groups in", () => {
  it.each([
    ["/sys/fs/cgroup", "/sys/fs/cgroup"],
    ["/sys/fs/cgroup/system.slice/executor.service", "/sys/fs/cgroup/system.slice/executor.service"],
  ])("is %s where it starts there", (folder, base) => {
    expect(unifiedBase(folder)).toBe(base);
  });

  it("stays the same when it starts again from the leaf that an earlier one moved everything into", () => {
    expect(unifiedBase("/sys/fs/cgroup/sandpiper.self")).toBe("/sys/fs/cgroup");
    expect(unifiedBase("/sys/fs/cgroup/box/sandpiper.self")).toBe("/sys/fs/cgroup/box");
  });
});
