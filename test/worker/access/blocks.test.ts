import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { moveClock, restoreClock } from "../support/clock.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { bucketKeysOf } from "../support/objects.ts";
import { TAX } from "../support/workloads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const call = serviceWith({ ACCESS: "keys" });
const TOKEN = { authorization: "Bearer operator-token-of-the-tests" };
const CAPTION = { image_url: "https://example.com/a.png" };
const block = async (kind: string, value: string, until: number | null = null): Promise<string> => {
  const response = await call("/operator/blocks", TOKEN, { kind, value, reason: "abuse", until });
  expect(response.status).toBe(201);
  return (await response.json<{ id: string }>()).id;
};
const unblock = (id: string) => call(`/operator/blocks/${id}`, TOKEN, undefined, "DELETE");

/** One request of each face that a key opens. */
const everywhere = async (key: Record<string, string>): Promise<number[]> => {
  const requests: [string, unknown][] = [
    ["/submit", { code: "print(1)" }],
    ["/jobs", CAPTION],
    [TAX, { security_type: "domestic" }],
    ["/submissions", { source_code: "print(1)", language_id: 71 }],
  ];
  const headers = { ...key, "x-auth-token": key["x-api-key"] ?? "" };
  const statuses: number[] = [];
  for (const [path, body] of requests) statuses.push((await call(path, headers, body)).status);
  return statuses;
};

describe("an owner that is blocked", () => {
  it("is refused with every key, on every face and with the reason, until the block ends", async () => {
    const owner = `owner-${crypto.randomUUID()}`;
    const keys = [{ "x-api-key": await addKey({ owner }) }, { "x-api-key": await addKey({ owner }) }];
    const other = { "x-api-key": await addKey() };
    await block("owner", owner, Date.now() + 60_000);
    for (const headers of keys) expect(await everywhere(headers)).toEqual([403, 403, 403, 403]);
    const refused = await call("/jobs", keys[0]);
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining("abuse")]);
    expect((await call("/jobs", other)).status).toBe(200);
    moveClock(61_000);
    expect((await call("/jobs", keys[0])).status).toBe(200);
  });
});

describe("a key that is blocked", () => {
  it("is refused alone: its owner's other keys still work", async () => {
    const owner = `owner-${crypto.randomUUID()}`;
    const [id, text] = [crypto.randomUUID(), await addKey({ owner })];
    const blocked = await addKey({ owner, id });
    const blockId = await block("key", id);
    expect((await call("/jobs", { "x-api-key": blocked })).status).toBe(403);
    expect((await call("/jobs", { "x-api-key": text })).status).toBe(200);
    await unblock(blockId);
    expect((await call("/jobs", { "x-api-key": blocked })).status).toBe(200);
  });
});

describe("a program that is blocked", () => {
  it("is refused by its hash, whoever sends it and by which door, and nothing of it is stored", async () => {
    const from = (address: string) => ({ "cf-connecting-ip": address });
    const body = { code: `print("${crypto.randomUUID()}")` };
    const first = await (await call("/submit", from("198.51.101.1"), body)).json<{ job_id: string }>();
    const status = await call(`/status/${first.job_id}`);
    const { job_hash: hash } = await status.json<{ job_hash: string }>();
    await (await executor.of(first.job_id)).finish();
    const id = await block("job_hash", hash);
    const before = await bucketKeysOf();
    const refused = await call("/submit", from("198.51.101.2"), body);
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { error: expect.stringContaining("abuse") },
    ]);
    expect(await bucketKeysOf()).toEqual(before);
    const other = await call("/submit", from("198.51.101.2"), { code: `${body.code} #` });
    expect(other.status).toBe(200);
    await (await executor.of((await other.json<{ job_id: string }>()).job_id)).finish();
    await unblock(id);
    const again = await call("/submit", from("198.51.101.2"), body);
    expect(again.status).toBe(200);
    await (await executor.of((await again.json<{ job_id: string }>()).job_id)).finish();
  });
});

describe("a range that is blocked", () => {
  it.each([
    ["203.0.113.77/24", "203.0.113.1", "203.0.112.1"],
    ["::ffff:203.0.115.0/120", "203.0.115.9", "203.0.116.9"],
    ["2001:db8:7::9/48", "2001:db8:7:ffff::1", "2001:db8:8::1"],
  ])("%s takes %s in, and leaves %s alone", async (value, inside, outside) => {
    const id = await block("range", value);
    const statusOf = async (address: string) =>
      (await call("/stats", { "cf-connecting-ip": address })).status;
    expect([await statusOf(inside), await statusOf(outside)]).toEqual([403, 200]);
    await unblock(id);
    expect(await statusOf(inside)).toBe(200);
  });
});
