import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { newClient } from "./support/client.ts";

const CLIENTS = 5;
const RUNS_EACH = 6;
const INTERPRETERS = ["python3", "node", "bash"] as const;

const programs = {
  python3: (n: number) =>
    `import time; time.sleep(0.2); open("n.txt", "w").write("${n}"); print(${n} * ${n})`,
  node: (n: number) => `require("node:fs").writeFileSync("n.txt", "${n}"); console.log(${n} * ${n})`,
  bash: (n: number) => `printf %s ${n} > n.txt; echo $((${n} * ${n}))`,
};

describe("thirty submissions of five clients at once", () => {
  test("all end right, with a refusal's wait between them where a quota asks for it", async () => {
    let refusals = 0;
    const countingFetch: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (response.status === 429) refusals += 1;
      return response;
    };
    const clients = Array.from({ length: CLIENTS }, () =>
      newClient({ fetch: countingFetch, retry: { tries: 20, maxWaitSeconds: 60 } }),
    );
    const runs = clients.flatMap((client, index) =>
      Array.from({ length: RUNS_EACH }, async (_, run) => {
        const n = index * RUNS_EACH + run;
        const interpreter = INTERPRETERS[n % INTERPRETERS.length] ?? "sh";
        const { job_id: id } = await client.submit({
          interpreter,
          code: programs[interpreter === "sh" ? "bash" : interpreter](n),
        });
        const report = await client.wait(id);
        expect(report).toMatchObject({ status: "completed", exit_code: 0, attempts: 1 });
        expect(await client.text(id)).toBe(`${n * n}\n`);
        const { body } = await client.download(id, "n.txt");
        expect(await new Response(body).text()).toBe(String(n));
        return id;
      }),
    );
    const ids = await Promise.all(runs);
    expect(new Set(ids).size).toBe(CLIENTS * RUNS_EACH);
    expect(refusals).toBeGreaterThan(0);
    for (const client of clients) {
      const { your_quota } = await client.stats();
      expect(your_quota).toMatchObject({ active_jobs: 0, jobs_last_hour: RUNS_EACH });
    }
  });

  test("over the quota say what the client must know", async () => {
    const client = newClient();
    const sleep = { code: "import time; time.sleep(20)" };
    const held = await Promise.all([client.submit(sleep), client.submit(sleep)]);
    await expect(client.submit(sleep)).rejects.toMatchObject({
      status: 429,
      code: "rate_limited",
      retryAfterSeconds: expect.any(Number),
    });
    const large = {
      files: [
        { path: "main.py", data: "" },
        { path: "data.bin", data: randomBytes(30_000_000) },
      ],
    };
    for (const onProgress of [undefined, () => undefined]) {
      await expect(client.submit(large, onProgress && { onProgress })).rejects.toMatchObject({
        status: 429,
        retryAfterSeconds: expect.any(Number),
      });
    }
    expect((await client.stats()).your_quota).toMatchObject({ active_jobs: 2, can_submit: false });
    await Promise.all(held.map(({ job_id }) => client.cancel(job_id)));
    expect((await client.stats()).your_quota).toMatchObject({ active_jobs: 0, can_submit: true });
  });
});

describe("a storm of the same request", () => {
  test("makes one run and takes one place", async () => {
    const client = newClient({ retry: { tries: 10, maxWaitSeconds: 5 } });
    const storm = Array.from({ length: 50 }, () =>
      client.submit({ code: "print('once')" }, { idempotencyKey: "storm-1" }),
    );
    const ids = new Set((await Promise.all(storm)).map(({ job_id }) => job_id));
    expect(ids.size).toBe(1);
    expect((await client.stats()).your_quota.jobs_last_hour).toBe(1);
    await expect(
      client.submit({ code: "print('twice')" }, { idempotencyKey: "storm-1" }),
    ).rejects.toMatchObject({ status: 422, code: "key_reused" });
    await client.wait([...ids][0] ?? "");
  });
});
