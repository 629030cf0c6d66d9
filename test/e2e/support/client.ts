import { randomInt } from "node:crypto";
import { inject } from "vitest";
import { type Client, type ClientOptions, createClient } from "../../../src/client/index.ts";

/** An address that no other test uses, so that each client has a quota of its own. */
export const newAddress = (): string => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`;

/** A client of the shared service, as another user of it. */
export const newClient = (options: Partial<ClientOptions> = {}): Client =>
  createClient({
    baseUrl: inject("sandpiperUrl"),
    headers: { "CF-Connecting-IP": newAddress() },
    ...options,
  });

/** A request to the shared service as it stands, from a client of its own unless `headers` name one. */
export const rawFetch = (path: string, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  if (!headers.has("cf-connecting-ip")) headers.set("cf-connecting-ip", newAddress());
  return fetch(`${inject("sandpiperUrl")}${path}`, { ...init, headers });
};

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
