import { createExecutionContext } from "cloudflare:test";
import { d1ApiKeys } from "../../../src/adapters/api-keys.ts";
import { randomIds } from "../../../src/adapters/ids.ts";
import { createService } from "../../../src/app.ts";
import { depsFor } from "../../../src/deps.ts";
import { type ApiKey, KEY_SCOPES } from "../../../src/domain/access/api-key.ts";
import * as deployed from "../../../src/service.ts";
import { testEnv } from "./env.ts";

type NewKey = Partial<Omit<ApiKey, "hash">> & { readonly text?: string };

/** Makes a key, for every use unless `scopes` says less, and answers its text. */
export const addKey = async ({ text, ...given }: NewKey = {}): Promise<string> => {
  const key = text ?? `spk_${crypto.randomUUID().replaceAll("-", "")}`;
  await d1ApiKeys(testEnv.DB, Date.now).add({
    id: crypto.randomUUID(),
    owner: `owner-${crypto.randomUUID().slice(0, 8)}`,
    name: "test",
    hash: await randomIds.hashOf(key),
    scopes: KEY_SCOPES,
    quotaClass: "default",
    createdAtMs: Date.now(),
    expiresAtMs: null,
    revokedAtMs: null,
    lastUsedDay: null,
    ...given,
  });
  return key;
};

type Send = (path: string, headers?: HeadersInit, body?: unknown, method?: string) => Promise<Response>;

/** The same service with other settings; its jobs and rows are the ones of all tests. */
export const serviceWith = (vars: Readonly<Record<string, string>>): Send => {
  const env = { ...(testEnv as unknown as Record<string, unknown>), ...vars };
  const app = createService(depsFor(env), deployed);
  return async (path, headers = {}, body, method = body === undefined ? "GET" : "POST") => {
    const all = new Headers(headers);
    if (!all.has("cf-connecting-ip")) all.set("cf-connecting-ip", "198.51.100.7");
    if (body !== undefined && !all.has("content-type")) all.set("content-type", "application/json");
    const init = { method, headers: all, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return app.request(path, init, env, createExecutionContext());
  };
};

/** Every place where a client of one of the faces can put a key. */
export const placesOf = (key: string): Record<string, string>[] => [
  { "x-api-key": key },
  { authorization: key },
  { authorization: `Bearer ${key}` },
  { authorization: `bearer  ${key}` },
  { authorization: `Basic ${btoa(`anybody:${key}`)}` },
  { authorization: `Basic ${btoa(`:${key}`)}` },
];
