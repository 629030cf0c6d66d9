import { SELF } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { JOIN_HEADERS, joinRefused, joinText, POOL_PING, POOL_PONG } from "../../../src/wire/pool.ts";
import { startCounting } from "../support/counting.ts";
import { eventually, until } from "../support/eventually.ts";
import { joinHeaders, newInstance, signText } from "../support/hand-executor.ts";
import { poolStub, Seat, viewOf } from "./support.ts";

afterEach(() => vi.restoreAllMocks());

const ask = async (headers: Record<string, string>) => {
  const response = await SELF.fetch("http://sandpiper.test/pool/join", { headers });
  const { code, message } = joinRefused.parse(await response.json()).error;
  return { status: response.status, code, message };
};

const without = (headers: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));

describe("joining is refused, before any object is asked,", () => {
  const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

  it("without an upgrade, and with headers that are missing or malformed", async () => {
    const headers = await joinHeaders(newInstance());
    const counts = await startCounting();
    expect(await ask(without(headers, "upgrade"))).toMatchObject({ status: 426, code: "upgrade_required" });
    for (const name of [JOIN_HEADERS.key, JOIN_HEADERS.instance, JOIN_HEADERS.time, JOIN_HEADERS.signature]) {
      expect(await ask(without(headers, name))).toMatchObject({ status: 400, code: "invalid" });
      expect(await ask({ ...headers, [name]: "x" })).toMatchObject({ status: 400, code: "invalid" });
    }
    expect(counts.objectRequests).toEqual([]);
  });

  it("by a clock that is more than two minutes off, with how far", async () => {
    const counts = await startCounting();
    for (const [offBy, message] of [
      [-125, / 12[56] s off/],
      [130, /-1(29|30) s off/],
    ] as const) {
      const headers = await joinHeaders(newInstance(), nowSeconds() + offBy);
      expect(await ask(headers)).toMatchObject({ status: 401, message: expect.stringMatching(message) });
    }
    expect(counts.objectRequests).toEqual([]);
  });

  it("to a key that nobody trusts, naming it and the variable that it belongs into", async () => {
    const { publicKey, privateKey } = (await crypto.subtle.generateKey("Ed25519", true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    const raw = new Uint8Array((await crypto.subtle.exportKey("raw", publicKey)) as ArrayBuffer);
    const key = btoa(String.fromCharCode(...raw));
    const instance = newInstance();
    const time = nowSeconds();
    const text = new TextEncoder().encode(joinText("sandpiper.test", instance, time));
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, text));
    const headers = {
      ...(await joinHeaders(instance, time)),
      [JOIN_HEADERS.key]: key,
      [JOIN_HEADERS.signature]: btoa(String.fromCharCode(...signature)),
    };
    const counts = await startCounting();
    const refusal = await ask(headers);
    expect(refusal).toMatchObject({ status: 403, code: "forbidden" });
    expect(refusal.message).toContain(key);
    expect(refusal.message).toContain("TRUSTED_EXECUTORS");
    expect(counts.objectRequests).toEqual([]);
  });

  it("with a signature for another host, instance or time", async () => {
    const instance = newInstance();
    const time = nowSeconds();
    const headers = await joinHeaders(instance, time);
    const counts = await startCounting();
    for (const text of [
      joinText("other.test", instance, time),
      joinText("sandpiper.test", newInstance(), time),
      joinText("sandpiper.test", instance, time - 1),
    ]) {
      const refusal = await ask({ ...headers, [JOIN_HEADERS.signature]: await signText(text) });
      expect(refusal).toMatchObject({ status: 401, code: "unauthorized" });
    }
    expect(counts.objectRequests).toEqual([]);
  });
});

describe("an executor that joins", () => {
  it("is shown with what it said, and is gone at once when it leaves", async () => {
    const seat = await new Seat({ slots: 3, memoryMb: 2_000 }).join();
    const { executors } = await viewOf();
    expect(executors).toEqual([
      expect.objectContaining({
        instance: seat.instance,
        name: "hand",
        kind: "host",
        version: "1.2.3",
        state: "joined",
        slots: 3,
        memoryMb: 2_000,
        held: 0,
      }),
    ]);
    seat.close(1000);
    await until("nobody", async () => (await viewOf()).executors.length === 0);
  });

  it("once more as the same process takes the place of its older socket", async () => {
    const first = await new Seat().join();
    const second = await new Seat({}, first.instance).join();
    expect(await eventually("the older one's end", () => first.closed)).toBe(4409);
    expect((await viewOf()).executors.map(({ instance }) => instance)).toEqual([first.instance]);
    second.close(1000);
    await until("nobody", async () => (await viewOf()).executors.length === 0);
  });

  it("as another process with the same key is a second one", async () => {
    const seats = [await new Seat().join(), await new Seat().join()];
    expect((await viewOf()).executors).toHaveLength(2);
    for (const seat of seats) seat.close(1000);
    await until("nobody", async () => (await viewOf()).executors.length === 0);
  });

  it("is closed when it says what is no message, and not for a kind that only newer ones know", async () => {
    const seat = await new Seat().join();
    seat.sayRaw('{"type":"dance","more":1}');
    seat.sayRaw(POOL_PING);
    await eventually("the answer to its ping", () => seat.heard.find(({ type }) => type === "pong") ?? null);
    expect(POOL_PONG).toContain("pong");
    expect(seat.closed).toBeNull();
    seat.sayRaw('{"type":"accepted"}');
    expect(await eventually("its end", () => seat.closed)).toBe(4400);
  });

  it("is told to leave by a drain, and shown as leaving", async () => {
    const seat = await new Seat().join();
    const pool = poolStub() as unknown as { drain(instance: string): Promise<boolean> };
    expect(await pool.drain("0".repeat(32))).toBe(false);
    expect(await pool.drain(seat.instance)).toBe(true);
    await until("the word to leave", () => seat.heard.some(({ type }) => type === "leave"));
    expect((await viewOf()).executors[0]?.state).toBe("leaving");
    seat.close(1000);
    await until("nobody", async () => (await viewOf()).executors.length === 0);
  });
});
