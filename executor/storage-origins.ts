import { z } from "zod";

/** Where the buckets of a deployment are, whatever its account and jurisdiction. */
const R2 = "https://*.r2.cloudflarestorage.com";

const origin = z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin);

/** Comma-separated origins; `https://*.example.com` stands for every host below that name. */
export const storageOrigins = z
  .string()
  .default(R2)
  .transform((text) => text.split(",").map((entry) => entry.trim()))
  .pipe(z.array(origin));

/** Whether an address is one that the executor fetches from and stores at. */
export type OriginCheck = (address: string) => boolean;

const covers = (allowed: string, { origin: given, protocol, hostname, port }: URL): boolean => {
  const { protocol: scheme, hostname: pattern, port: at } = new URL(allowed);
  if (!pattern.startsWith("*.")) return allowed === given;
  return scheme === protocol && at === port && hostname.endsWith(pattern.slice(1));
};

/**
 * Whoever can send an attempt names addresses: without a list they could be any that this machine reaches.
 * `service` is the address that the attempt reports to, whose origin is always allowed.
 */
export const createOriginCheck = (service: string, storage: readonly string[]): OriginCheck => {
  const allowed = [new URL(service).origin, ...storage];
  return (address) => allowed.some((each) => covers(each, new URL(address)));
};
