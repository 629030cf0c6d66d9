import { describe, expect, it } from "vitest";
import { makeRequest, resultOf, send } from "./support/jobs.ts";
import { withExecutor } from "./support/levels.ts";

describe("uploads", () => {
  const { executor, worker } = withExecutor();
  const run = async (source: string, putStatuses: readonly number[]) => {
    const attempt = worker().open();
    attempt.putStatuses.push(...putStatuses);
    await send(executor(), makeRequest(attempt, source));
    return resultOf(attempt);
  };

  it("are tried again when the store is in trouble", async () => {
    const { finished, stored } = await run("open('a', 'w').write('x')", [500, 503]);
    expect(finished.outputs).toHaveLength(1);
    expect(stored.get("a")?.toString()).toBe("x");
  });

  it("end the attempt as infrastructure when the store refuses", async () => {
    const { finished } = await run("open('a', 'w').write('x')", [403]);
    expect(finished).toMatchObject({ reason: "infrastructure", outputs: [] });
  });

  it("carry many files and large ones", async () => {
    const source = `
for i in range(40): open(f"f{i}", "w").write(str(i))
open("big", "wb").write(bytes(range(256)) * 40_000)
`;
    const { finished, stored } = await run(source, []);
    expect(finished.outputs).toHaveLength(41);
    expect(stored.size).toBe(41);
    expect(stored.get("big")?.length).toBe(256 * 40_000);
  });
});
