import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { durableQuotas } from "../../../src/adapters/quotas.ts";
import { clientKeyOf } from "../../../src/domain/runs/client-key.ts";
import { viewOf } from "../pool/support.ts";
import { freshAddress } from "../support/client.ts";
import { type Counts, startCounting } from "../support/counting.ts";
import { testEnv } from "../support/env.ts";
import { until } from "../support/eventually.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { bucketKeysOf, objectIdOf, quotaStub, storedIn } from "../support/objects.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** How many requests strangers send; `npm run flood` sends 2,000. */
    floodRequests: number;
  }
}

const REQUESTS = inject("floodRequests");
const ADDRESSES = REQUESTS / 4;
/** One address in 50 is far over the rate limit; these send as much as all others together. */
const LOUD = Math.ceil(ADDRESSES / 50);
/** 200 a second. */
const BATCH = 20;
const BATCH_MS = 100;
/** Their budgets are looked at one by one, before and after. */
const TIMEOUT_MS = 30_000 + 50 * REQUESTS;
const WINDOW_MS = 10_000;
const WINDOW_CHANGES = 60;
const SLOTS = 2;

const settings = { RATE_LIMITS: "true", ACCESS: "keys" };
const call = serviceWith(settings);
const shut = serviceWith({ ...settings, POOL_MAX_WAITING: "1" });
const quotas = durableQuotas(testEnv.QUOTA_OBJECT);
const CODE = { code: "print(1)", interpreter: "python3" };

afterEach(() => {
  vi.restoreAllMocks();
});

type Answer = "rate" | "quota" | "full" | number;

const answerOf = async (response: Response): Promise<Answer> => {
  const { reason = "", error = "" } = await response.json<{ reason?: string; error?: string }>();
  if (response.status === 503) return "full";
  if (response.status !== 429) return response.status;
  return reason.startsWith("Max concurrent jobs") ? "quota" : error.startsWith("Too many") ? "rate" : 429;
};

const submit = async (from: string, service = call): Promise<Answer> =>
  answerOf(await service("/submit", { "cf-connecting-ip": from }, CODE));

const spend = async (address: string): Promise<void> => {
  const clientKey = clientKeyOf(address) ?? "";
  for (let slot = 0; slot < SLOTS; slot += 1)
    expect((await quotas.take(clientKey, `${address} ${slot}`)).granted).toBe(true);
};

const crossLimit = async (address: string): Promise<void> => {
  const { RATE_LIMIT_CHANGES: limiter } = testEnv as unknown as { RATE_LIMIT_CHANGES: RateLimit };
  const key = clientKeyOf(address) ?? "";
  for (let count = 0; count < WINDOW_CHANGES; count += 1) await limiter.limit({ key });
};

/** What those who crossed the limit are told in the same window; what went on into another one says nothing. */
const probed = async (loud: readonly string[]): Promise<Answer[]> => {
  const windowNow = (): number => Math.floor(Date.now() / WINDOW_MS);
  for (;;) {
    const began = windowNow();
    await Promise.all(loud.map(crossLimit));
    const answers = await Promise.all(loud.map((address) => submit(address)));
    if (windowNow() !== began) continue;
    expect(new Set(answers)).toEqual(new Set(["rate"]));
    return answers;
  }
};

/** Bytes and rows that are there for anybody but the owners of keys, and the counters of the metrics. */
const stored = async (addresses: readonly string[]) => {
  const sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_*'";
  const { results } = await testEnv.DB.prepare(sql).all<{ name: string }>();
  const rows: Record<string, number> = {};
  for (const { name } of results) {
    const where = name === "jobs" ? " WHERE owner IS NULL" : "";
    const count = await testEnv.DB.prepare(`SELECT COUNT(*) AS n FROM "${name}"${where}`).first<{
      n: number;
    }>();
    if (name !== "counters") rows[name] = count?.n ?? -1;
  }
  const budgets: unknown[] = [];
  for (const address of addresses)
    budgets.push(
      await runInDurableObject(quotaStub(clientKeyOf(address) ?? ""), async (_instance, { storage }) =>
        JSON.stringify([...(await storage.list())]),
      ),
    );
  return { rows, bucket: await bucketKeysOf(), budgets };
};

/** What somebody who has a key does meanwhile, and how long each call takes. */
class Bystander {
  readonly runs: string[] = [];
  readonly tookMs: number[] = [];
  readonly #headers: Record<string, string>;

  constructor(key: string) {
    this.#headers = { "x-api-key": key, "cf-connecting-ip": freshAddress() };
  }

  async #timed(path: string, body?: unknown): Promise<Response> {
    const startedMs = performance.now();
    const response = await call(path, this.#headers, body);
    this.tookMs.push(performance.now() - startedMs);
    expect(response.status).toBe(200);
    return response;
  }

  async act(): Promise<void> {
    const { job_id: id } = await (await this.#timed("/submit", CODE)).json<{ job_id: string }>();
    this.runs.push(id);
    await this.#timed(`/status/${id}`);
  }

  async leave(): Promise<void> {
    for (const id of this.runs) await call(`/cancel/${id}`, this.#headers, {});
  }
}

/** Sends the requests in their pace, and a bystander's between them. */
const flood = async (senders: readonly string[], bystander: Bystander): Promise<Answer[]> => {
  const answers: Promise<Answer>[] = [];
  const others: Promise<void>[] = [];
  for (let from = 0; from < senders.length; from += BATCH) {
    const pause = new Promise((resolve) => setTimeout(resolve, BATCH_MS));
    answers.push(...senders.slice(from, from + BATCH).map((address) => submit(address)));
    if ((from / BATCH) % 5 === 0) others.push(bystander.act());
    await pause;
  }
  await Promise.all(others);
  return Promise.all(answers);
};

const times = (names: readonly string[], name: string): number =>
  names.filter((one) => one.split("/").at(-1) === name).length;

const quantile = (sorted: readonly number[], q: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0);

const report = (answers: readonly Answer[], { objectRequests }: Counts, { tookMs }: Bystander): void => {
  const refused = (kind: Answer) => answers.filter((one) => one === kind).length;
  const sorted = [...tookMs].sort((a, b) => a - b);
  console.info(
    `${answers.length} requests of ${ADDRESSES} strangers: ${refused("rate")} over the rate limit, ` +
      `${refused("quota")} over their quota, for ${times(objectRequests, "take")} requests of budgets with those of ` +
      `${tookMs.length / 2} runs of others, whose calls took ${quantile(sorted, 0.5)} ms (median), ` +
      `${quantile(sorted, 0.95)} ms (95 of 100), ${quantile(sorted, 1)} ms (slowest)`,
  );
};

describe("a flood of strangers", () => {
  it("costs no object request over the rate limit, one over the quota, and stores nothing", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const addresses = Array.from({ length: ADDRESSES }, freshAddress);
    const [loud, spent] = [addresses.slice(0, LOUD), addresses.slice(LOUD)];
    await Promise.all(addresses.map(spend));
    const senders = Array.from({ length: REQUESTS }, (_none, index) => {
      const [group, at] = [index % 2 === 0 ? loud : spent, Math.floor(index / 2)];
      return group[at % group.length] ?? "";
    });
    const bystander = new Bystander(await addKey());
    const before = await stored(addresses);
    const jobsBefore = new Set((await listDurableObjectIds(testEnv.JOB_OBJECT)).map(String));
    const counts = await startCounting();
    const probes = await probed(loud);
    const answers = [...probes, ...(await flood(senders, bystander))];
    report(answers, counts, bystander);
    const { objectRequests } = counts;
    expect(new Set(answers)).toEqual(new Set(["rate", "quota"]));
    expect(times(objectRequests, "take")).toBe(
      answers.filter((one) => one === "quota").length + bystander.runs.length,
    );
    expect(times(objectRequests, "create")).toBe(bystander.runs.length);
    const known = ["take", "create", "snapshot", "summary", "place"];
    expect(objectRequests.filter((one) => !known.includes(one.split("/").at(-1) ?? ""))).toEqual([]);
    vi.restoreAllMocks();
    expect(await stored(addresses)).toEqual(before);
    const made = (await listDurableObjectIds(testEnv.JOB_OBJECT)).filter((id) => !jobsBefore.has(String(id)));
    const storing = [];
    for (const id of made) if ((await storedIn(testEnv.JOB_OBJECT.get(id))) > 0) storing.push(String(id));
    expect(new Set(storing)).toEqual(new Set(bystander.runs.map(objectIdOf)));

    await until("something waits", async () => (await viewOf()).waiting > 0);
    expect(await submit(freshAddress(), shut)).toBe("full");
    const capped = await startCounting();
    const late = await Promise.all(loud.map(() => submit(freshAddress(), shut)));
    expect(new Set(late)).toEqual(new Set(["full"]));
    expect(capped.objectRequests.filter((one) => one !== "summary")).toEqual([]);
    await bystander.leave();
  });
});
