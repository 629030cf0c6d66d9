import type { Context, MiddlewareHandler } from "hono";
import type { Deps } from "../../deps/types.ts";
import { blockOfAddress } from "../../domain/access/block.ts";
import { presentedKeys } from "../../domain/access/credentials.ts";
import { clientKeyOf } from "../../domain/runs/client-key.ts";
import type { Face } from "./face.ts";
import type { Refusal } from "./refusal.ts";

type GateDeps = Pick<Deps, "operations" | "rateLimits" | "apiKeys" | "ids" | "now" | "log" | "tally">;

/** Tokens and signatures guard what executors call; the operator must get in whatever is shut. */
const EXEMPT = /^\/(?:executor\/|pool\/join$|operator(?:\/|$)|metrics$|pool$|health$|readyz$)/;
/** What makes a job, whichever face it belongs to: every other POST changes one that is there. */
const CHANGING = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const MAINTENANCE_RETRY_SECONDS = 60;
const RATE_RETRY_SECONDS = 10;
/** The address of requests that Workers of other zones make. */
const OTHER_ZONES = "2a06:98c0:3600::103";

const hasKey = (c: Context): boolean =>
  presentedKeys(c.req.header("x-api-key"), c.req.header("authorization")).length > 0;

/**
 * Whom the rate limits count: a key by its hash, else an address; null where neither is known. What is not yet known to be
 * a key counts by its address, apart from what comes without one: a text for each request would else escape the limits,
 * and a key's first request would share those of its neighbours.
 */
const subjectOf = async (c: Context, { ids, apiKeys }: GateDeps): Promise<string | null> => {
  const [key] = presentedKeys(c.req.header("x-api-key"), c.req.header("authorization"));
  const address = clientKeyOf(c.req.header("cf-connecting-ip"));
  if (key === undefined) return address;
  const hash = await ids.hashOf(key);
  return apiKeys.hasSeen(hash) || address === null ? hash : `${address} with a key`;
};

/** A refusal, and the rule that it is counted under. */
type Shut = { readonly rule: string; readonly refusal: Refusal };

const rateRefusal = async (c: Context, deps: GateDeps): Promise<Shut | null> => {
  const { rateLimits } = deps;
  const subject = rateLimits === null ? null : await subjectOf(c, deps);
  if (rateLimits === null || subject === null) return null;
  const isChange = CHANGING.has(c.req.method);
  if (await (isChange ? rateLimits.changes : rateLimits.reads)(subject)) return null;
  const message = `Too many ${isChange ? "changes" : "requests"} at a time; wait a few seconds`;
  return {
    rule: isChange ? "rate_of_changes" : "rate_of_reads",
    refusal: { code: "rate_limited", message, retryAfterSeconds: RATE_RETRY_SECONDS },
  };
};

const isSubmission = (c: Context, makesJob: (path: string) => boolean): boolean =>
  c.req.method === "POST" && makesJob(c.req.path.replace(/\/$/, ""));

const gateRefusal = async (
  c: Context,
  { operations, now }: GateDeps,
  makesJob: (path: string) => boolean,
): Promise<Shut | null> => {
  const { blocks, maintenance } = await operations.gates();
  const address = c.req.header("cf-connecting-ip");
  const block = blockOfAddress(blocks, address, now());
  if (block !== null)
    return {
      rule: "block",
      refusal: { code: "forbidden", message: `This address is blocked: ${block.reason}` },
    };
  if (address === OTHER_ZONES && !hasKey(c)) {
    const message = "Requests of other zones' Workers share one address and want a key";
    return { rule: "other_zones", refusal: { code: "forbidden", message } };
  }
  if (maintenance === null || !isSubmission(c, makesJob)) return null;
  const retryAfterSeconds = MAINTENANCE_RETRY_SECONDS;
  return { rule: "maintenance", refusal: { code: "unavailable", message: maintenance, retryAfterSeconds } };
};

/**
 * What stands before every face and costs no object: rate limits, blocks and maintenance. `makesJob` knows
 * the paths whose POST makes a job.
 */
export const gate =
  (
    deps: GateDeps,
    faceOf: (path: string) => Pick<Face<never>, "refuse">,
    makesJob: (path: string) => boolean,
  ): MiddlewareHandler =>
  async (c, next) => {
    if (EXEMPT.test(c.req.path) || c.req.method === "OPTIONS") return next();
    const shut = (await rateRefusal(c, deps)) ?? (await gateRefusal(c, deps, makesJob));
    if (shut === null) return next();
    deps.tally("refusals", shut.rule);
    return faceOf(c.req.path).refuse(c, shut.refusal);
  };
