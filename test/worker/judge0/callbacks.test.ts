import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { clientSecrets } from "../../../src/adapters/webhook-secrets.ts";
import { Client } from "../support/client.ts";
import { restoreClock } from "../support/clock.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { header, Receiver, verified } from "../support/webhook-receiver.ts";
import { afterAttempts, nextAttempt, secretOf } from "../support/webhooks.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());
afterEach(() => {
  restoreClock();
  vi.restoreAllMocks();
});

const PYTHON = 71;
const OPERATOR = "operator-token-of-the-tests";
const program = { source_code: "print(1)", language_id: PYTHON, stdin: "1", expected_output: "1" };

const submitted = async (client: Client, body: object, headers: Record<string, string> = {}) => {
  const response = await client.fetch("/submissions", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ ...program, ...body }),
  });
  return { status: response.status, answer: await response.json<Record<string, unknown>>() };
};

describe("a callback", () => {
  it("is put with the members that are shown unasked, in base64, and signed besides", async () => {
    const owner = `caller-${crypto.randomUUID().slice(0, 8)}`;
    const key = await addKey({ owner });
    const receiver = new Receiver();
    const client = new Client();
    const { answer } = await submitted(client, { callback_url: receiver.url }, { "X-Auth-Token": key });
    const token = String(answer.token);
    const attempt = await executor.of(token);
    await attempt.judged(0, { stdout: "1\n" });
    await attempt.finish({
      exitCode: 0,
      judged: { verdict: "accepted", stoppedBy: null, finished: 1, accepted: 1 },
    });
    const [first] = await receiver.attempts(1);
    expect(first?.method).toBe("PUT");
    expect(header(first, "content-type")).toBe("application/json");
    const told = JSON.parse(first?.body ?? "") as Record<string, unknown>;
    expect(told).toEqual(
      await client.json(`/submissions/${token}?base64_encoded=true`, { headers: { "X-Auth-Token": key } }),
    );
    expect(told).toMatchObject({ token, stdout: "MQo=\n", status: { id: 3, description: "Accepted" } });
    const [secret = ""] = await clientSecrets(secretOf("WEBHOOK_SECRET"), owner);
    expect(verified(first, secret)).toEqual(told);
    expect(
      await client.json(`/submissions/${token}?fields=callback_url`, { headers: { "X-Auth-Token": key } }),
    ).toEqual({ callback_url: receiver.url });
  });

  it("is over with any answer but one of passing trouble", async () => {
    const key = await addKey();
    const receiver = new Receiver();
    await receiver.plan({ status: 503 }, { status: 404 });
    const { answer } = await submitted(new Client(), { callback_url: receiver.url }, { "X-Auth-Token": key });
    await (await executor.of(String(answer.token))).finish();
    const [first] = await receiver.attempts(1);
    const id = header(first, "webhook-id");
    await afterAttempts(id, 1);
    const delivery = await nextAttempt(id);
    expect(delivery).toMatchObject({ state: "delivered", attempts: 2, last_status: 404 });
  });

  it("is refused without a key, and to an address that is none", async () => {
    const receiver = new Receiver();
    const bare = await submitted(new Client(), { callback_url: receiver.url });
    expect([bare.status, bare.answer]).toEqual([422, { callback_url: ["setting callback is not allowed"] }]);
    const wrong = await submitted(
      new Client(),
      { callback_url: "ftp://example.com" },
      { "X-Auth-Token": await addKey() },
    );
    expect([wrong.status, Object.keys(wrong.answer)]).toEqual([422, ["callback_url"]]);
    const config = await new Client().json("/config_info");
    expect(config).toMatchObject({ enable_callbacks: true, enable_submission_delete: true });
  });

  it("is closed where the service has no secret to sign with", async () => {
    const send = serviceWith({ WEBHOOK_SECRET: "" });
    expect(await (await send("/config_info")).json()).toMatchObject({ enable_callbacks: false });
    const body = { ...program, callback_url: "https://example.com/" };
    const refused = await send("/submissions", { "X-Auth-Token": await addKey() }, body);
    expect(await refused.json()).toEqual({ callback_url: ["setting callback is not allowed"] });
  });
});

describe("the original's user token", () => {
  const asUser = { "X-Auth-User": `other ${OPERATOR}` };

  it("authorizes, by header or query", async () => {
    const client = new Client();
    const post = (path: string, headers = {}) => client.fetch(path, { method: "POST", headers });
    expect((await post("/authorize", asUser)).status).toBe(200);
    expect((await post(`/authorize?X-Auth-User=${OPERATOR}`)).status).toBe(200);
    expect((await post("/authorize", { "X-Auth-User": "other" })).status).toBe(403);
  });

  it("deletes what has ended, and nobody else does", async () => {
    const client = new Client();
    const { answer } = await submitted(client, {});
    const path = `/submissions/${answer.token}`;
    const remove = (headers = {}, query = "") =>
      client.fetch(`${path}${query}`, { method: "DELETE", headers });
    expect((await remove()).status).toBe(403);
    const early = await remove(asUser);
    expect([early.status, await early.json()]).toEqual([
      400,
      { error: expect.stringMatching(/^submission cannot be deleted because its status is [12] \(/) },
    ]);
    const attempt = await executor.of(String(answer.token));
    await attempt.finish();
    expect((await remove(asUser, "?fields=nothing")).status).toBe(400);
    const gone = await remove(asUser, "?fields=token,source_code");
    expect(await gone.json()).toEqual({ token: answer.token, source_code: `${btoa("print(1)")}\n` });
    expect((await client.fetch(path)).status).toBe(404);
    expect((await remove(asUser)).status).toBe(404);
  });
});
