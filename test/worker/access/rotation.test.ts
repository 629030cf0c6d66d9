import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { depsFor, webhookDepsFor } from "../../../src/deps.ts";
import { createApp } from "../../../src/http/jobs/create-app.ts";
import { JOIN_HEADERS, joinText } from "../../../src/wire/pool.ts";
import { Api, request, result } from "../jobs/support/app.ts";
import { Seat } from "../pool/support.ts";
import { Client } from "../support/client.ts";
import { restoreClock } from "../support/clock.ts";
import { HandExecutor, newInstance, WORKER_ID } from "../support/hand-executor.ts";
import { serviceWith } from "../support/keys.ts";
import { objectIdOf } from "../support/objects.ts";
import { Receiver, verified } from "../support/webhook-receiver.ts";
import { rawEnv, secretOf } from "../support/webhooks.ts";
import { CHECKSUM, dataOf, ended, keyOf, put } from "../support/workloads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const credentialOf = (url: unknown): string =>
  new URL(String(url)).searchParams.get("X-Amz-Credential")?.split("/")[0] ?? "";

/** A key of an executor, by its public half, and what it joins with. */
const newExecutorKey = async () => {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const publicHalf = base64((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  const joining = async (instance: string): Promise<Record<string, string>> => {
    const seconds = Math.floor(Date.now() / 1_000);
    const text = new TextEncoder().encode(joinText("sandpiper.test", instance, seconds));
    return {
      [JOIN_HEADERS.key]: publicHalf,
      [JOIN_HEADERS.time]: String(seconds),
      [JOIN_HEADERS.signature]: base64(await crypto.subtle.sign("Ed25519", pair.privateKey, text)),
    };
  };
  return { publicHalf, joining };
};

describe("the key of an executor", () => {
  it("is changed while a program runs: the old one's ends, the new one's executor takes the next", async () => {
    const client = new Client();
    const running = await client.submit();
    const attempt = await executor.of(running);
    await attempt.log("before\n");
    const next = await newExecutorKey();
    const both = serviceWith({ TRUSTED_EXECUTORS: `hand=${WORKER_ID},next=${next.publicHalf}` });
    const seat = new Seat({}, newInstance());
    await seat.join(await next.joining(seat.instance), both);

    const alone = serviceWith({ TRUSTED_EXECUTORS: `next=${next.publicHalf}` });
    const old = new Seat({}, newInstance());
    await expect(old.join({}, alone)).rejects.toThrow(`403 {"error":{"code":"forbidden"`);
    executor.isDown = true;
    const waiting = await client.submit();
    expect((await seat.attempt()).request.attemptId.split(".")[0]).toBe(objectIdOf(waiting));
    await client.post(`/cancel/${waiting}`, {});

    await attempt.log("after\n");
    await attempt.finish();
    expect(await client.status(running)).toMatchObject({ status: "completed" });
    expect(await (await client.fetch(`/logs/${running}`)).text()).toContain("after");
    seat.close(1000);
    executor.isDown = false;
  });
});

describe("the credentials of the bucket", () => {
  const NEW = { R2_ACCESS_KEY_ID: "the-next-one", R2_SECRET_ACCESS_KEY: "the-next-ones-secret" };

  it("are changed while a job waits for its upload: what was signed before is taken, new addresses are new", async () => {
    const client = new Client();
    const call = serviceWith(NEW);
    const created = await dataOf(await client.post(CHECKSUM, {}));
    const [upload] = created.uploads as { url: string }[];
    expect(credentialOf(upload?.url)).toBe("local");
    const later = await dataOf(await call(CHECKSUM, {}, {}));
    const [fresh] = later.uploads as { url: string }[];
    expect(credentialOf(fresh?.url)).toBe("the-next-one");

    const shown = await dataOf(await call(`${CHECKSUM}/${created.job_id}`));
    expect(shown.status).toBe("created");
    // The bucket takes the first address as long as its token is not deleted.
    await put(keyOf(upload?.url ?? ""), "abc", "text/plain");
    await dataOf(await call(`${CHECKSUM}/${created.job_id}/complete`, {}, {}));
    await ended(client, CHECKSUM, String(created.job_id));
    const done = await dataOf(await call(`${CHECKSUM}/${created.job_id}`));
    expect(done.status).toBe("succeeded");
    const [output] = done.outputs as { url: string }[];
    expect(credentialOf(output?.url)).toBe("the-next-one");
  });
});

describe("the secret of clients' webhooks", () => {
  it("is changed while both sign, and a client that has either of its own checks what comes", async () => {
    const receiver = new Receiver();
    const [before, after] = [secretOf("WEBHOOK_SECRET"), `whsec_${btoa("secret-of-the-clients-afterwards")}`];
    const told = async (secret: string): Promise<string> => {
      const outcome = await depsFor({ ...rawEnv, WEBHOOK_SECRET: secret }).clientWebhooks.subscribe(
        receiver.url,
        "owner/default/one",
      );
      return outcome.kind === "accepted" ? outcome.secret : "";
    };
    const [old, fresh] = [await told(before), await told(`${after} ${before}`)];
    expect(fresh).toBe(await told(after));
    expect(fresh).not.toBe(old);
    const { send } = webhookDepsFor({ ...rawEnv, WEBHOOK_SECRET: `${after} ${before}` });
    const signer = { kind: "job", clientKey: "owner/default/one" } as const;
    const sent = await send({ id: "msg_1", url: receiver.url, signer, body: "{}" }, Date.now());
    expect(sent).toMatchObject({ kind: "answered", status: 204 });
    const [first] = await receiver.attempts(1);
    expect(verified(first, fresh)).toEqual(verified(first, old));
  });
});

describe("the password of the typed jobs' app", () => {
  const basic = (password: string) => ({ authorization: `Basic ${btoa(`user:${password}`)}` });
  const statuses = async (secrets: Record<string, string>): Promise<number[]> => {
    const app = createApp(
      request,
      result,
      undefined,
      { basicAuth: { force: true, username: "user" } },
      secrets,
    );
    const api = new Api(app, secrets);
    const asked = ["the old, one", "the new one", "another", ""].map((text) => api.get("/jobs", basic(text)));
    return (await Promise.all(asked)).map(({ status }) => status);
  };

  it("is changed while both are taken", async () => {
    const [old, next] = ["the old, one", "the new one"];
    expect(await statuses({ BASIC_AUTH_PASSWORD: old })).toEqual([200, 401, 401, 401]);
    expect(await statuses({ BASIC_AUTH_PASSWORD: next, BASIC_AUTH_PREVIOUS_PASSWORD: old })).toEqual([
      200, 200, 401, 401,
    ]);
    expect(await statuses({ BASIC_AUTH_PASSWORD: next })).toEqual([401, 200, 401, 401]);
  });
});
