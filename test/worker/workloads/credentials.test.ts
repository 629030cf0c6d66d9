import { describe, expect, it } from "vitest";
import { testEnv } from "../support/env.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { recordOf } from "../support/objects.ts";
import { type Data, dataOf, expectWorkloadError, keyOf, put, TAX } from "../support/workloads.ts";

const call = serviceWith({ ACCESS: "keys" });
const domestic = { security_type: "domestic" };
const ONE = await addKey();
const OTHER = await addKey({ text: "any-text-of-before" });

describe("a service with API keys", () => {
  it("lets in who sends one, in either header, with Bearer or without", async () => {
    const accepted = [
      { "x-api-key": ONE },
      { authorization: ONE },
      { authorization: `Bearer ${ONE}` },
      { authorization: `bearer  ${OTHER}` },
    ];
    for (const headers of accepted) {
      expect(await dataOf(await call(TAX, headers as Record<string, string>, domestic))).toMatchObject({
        status: "created",
      });
    }
  });

  it("wants one for every route of a workload", async () => {
    const { job_id: id } = await dataOf(await call(TAX, { "x-api-key": ONE }, domestic));
    const refused = [{}, { "x-api-key": "" }, { "x-api-key": `${ONE}x` }, { authorization: `Basic ${ONE}` }];
    for (const headers of refused) {
      const answer = await call(TAX, headers as Record<string, string>, domestic);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      await expectWorkloadError(answer, 401);
    }
    await expectWorkloadError(await call(`${TAX}/${id}`, {}), 401);
    await expectWorkloadError(await call(`${TAX}?job_id=${id}`, {}), 401);
    for (const route of [`${id}/complete`, `${id}/cancel`, "search"]) {
      await expectWorkloadError(await call(`${TAX}/${route}`, {}, {}), 401);
    }
    expect((await call("/openapi/openapi.json", {})).status).not.toBe(401);
  });

  it("shows a job to the owner of the key that made it and to no other", async () => {
    const data = await dataOf(await call(TAX, { "x-api-key": ONE }, domestic));
    const id = String(data.job_id);
    await put(keyOf(String(data.url)), "x", "application/pdf");
    await expectWorkloadError(await call(`${TAX}/${id}`, { "x-api-key": OTHER }), 404);
    await expectWorkloadError(await call(`${TAX}/${id}/complete`, { "x-api-key": OTHER }, {}), 404);
    await expectWorkloadError(await call(`${TAX}/${id}/cancel`, { "x-api-key": OTHER }, {}), 404);
    const found = async (key: string) => {
      const answer = await dataOf(await call(`${TAX}/search`, { "x-api-key": key }, { page_size: 50 }));
      return (answer.items as readonly Data[]).map((item) => item.job_id);
    };
    expect(await found(ONE)).toContain(id);
    expect(await found(OTHER)).not.toContain(id);
    expect(await dataOf(await call(`${TAX}/${id}`, { "x-api-key": ONE }))).toMatchObject({
      status: "failed",
    });
  });

  it("stores no key, only its owner", async () => {
    const { job_id: id } = await dataOf(await call(TAX, { "x-api-key": ONE }, domestic));
    const row = await testEnv.DB.prepare("SELECT * FROM jobs WHERE public_id = ?1").bind(id).first();
    expect(row?.owner).toMatch(/^owner-/);
    expect(JSON.stringify(row)).not.toContain(ONE);
  });

  it("keeps the keys of idempotency of its clients apart", async () => {
    const make = async (key: string) =>
      (await dataOf(await call(TAX, { "x-api-key": key, "idempotency-key": "same" }, domestic))).job_id;
    const first = await make(ONE);
    expect(await make(ONE)).toBe(first);
    expect(await make(OTHER)).not.toBe(first);
  });

  it("takes a webhook_url with a key, and gives the secret that its events are signed with", async () => {
    const secret = `whsec_${btoa("0123456789abcdef0123456789abcdef")}`;
    const told = serviceWith({ ACCESS: "keys", WEBHOOK_SECRET: secret });
    const make = (webhook_url: unknown) => told(TAX, { "x-api-key": ONE }, { ...domestic, webhook_url });
    const data = await dataOf(await make("https://receiver.example/hook"));
    expect(data.webhook_secret).toMatch(/^whsec_/);
    expect(data.webhook_secret).not.toBe(secret);
    expect(await recordOf(String(data.job_id))).toMatchObject({
      webhooks: [{ url: "https://receiver.example/hook" }],
    });
    for (const bad of ["http://receiver.example", "https://10.0.0.1/", 7]) {
      const refused = await expectWorkloadError(await make(bad), 422);
      expect(refused.errors).toMatchObject([{ field: "webhook_url" }]);
    }
  });
});
