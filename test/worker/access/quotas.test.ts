import { describe, expect, it } from "vitest";
import { addKey, serviceWith } from "../support/keys.ts";
import { bucketKeysOf } from "../support/objects.ts";
import { dataOf, expectWorkloadError, TAX } from "../support/workloads.ts";

const call = serviceWith({ ACCESS: "keys" });
const DOMESTIC = { security_type: "domestic" };

describe("the quota of a key's owner", () => {
  it("counts unfinished workload jobs, whichever key makes them, and frees what ends", async () => {
    const owner = `owner-${crypto.randomUUID()}`;
    const keys = [{ "x-api-key": await addKey({ owner }) }, { "x-api-key": await addKey({ owner }) }];
    const ids: string[] = [];
    for (let count = 0; count < 20; count += 1)
      ids.push(String((await dataOf(await call(TAX, keys[count % 2], DOMESTIC))).job_id));
    const before = await bucketKeysOf();
    const refused = await call(TAX, keys[0], DOMESTIC);
    expect(refused.headers.get("retry-after")).toMatch(/^[1-9]/);
    expect((await expectWorkloadError(refused, 429)).message).toContain("(20)");
    const repeated = { ...keys[0], "idempotency-key": "again" };
    await expectWorkloadError(await call(TAX, repeated, DOMESTIC), 429);
    expect(await bucketKeysOf()).toEqual(before);
    await dataOf(await call(TAX, { "x-api-key": await addKey() }, DOMESTIC));
    await dataOf(await call(`${TAX}/${ids[0]}/cancel`, keys[1], {}));
    await dataOf(await call(`${TAX}/${ids[1]}`, keys[1], undefined, "DELETE"));
    await dataOf(await call(TAX, repeated, DOMESTIC));
    await dataOf(await call(TAX, keys[1], DOMESTIC));
    await expectWorkloadError(await call(TAX, keys[1], DOMESTIC), 429);
  });

  it("is that of its class for runs too, whatever the address", async () => {
    const headers = { "x-api-key": await addKey({ quotaClass: "default" }) };
    const stats = await (await call("/stats", headers)).json<{ your_quota: { limit: number } }>();
    expect(stats.your_quota.limit).toBe(120);
    expect((await (await call("/stats")).json<typeof stats>()).your_quota.limit).toBe(10);
  });
});
