import { beforeAll, describe, expect, it } from "vitest";
import { addKey, serviceWith } from "../support/keys.ts";
import { TAX } from "../support/workloads.ts";

/** One request of each action of each face, about a job that is not there. */
const NONE = "0b7d4a3e-0000-4000-8000-00000000000f";
const RUN = "job-00000000000000000000000000000000";
const ACTIONS = [
  ["/stats"],
  [`/status/${RUN}`],
  [`/cancel/${RUN}`, {}],
  ["/jobs"],
  [`/jobs/${NONE}`],
  ["/jobs/claim", {}],
  ["/settings"],
  ["/settings", { model: "x" }, "PATCH"],
  [`${TAX}/${NONE}`],
  [`${TAX}/search`, {}],
  [`${TAX}/${NONE}`, undefined, "DELETE"],
  ["/operator/jobs"],
  ["/pool"],
  ["/metrics"],
] as const;

/** What each is answered with: by rows of runs, typed jobs, workloads and the operator's face, as docs/access.md says. */
const TABLE = {
  "stranger, open": [200, 404, 404, 200, 404, 204, 200, 202, 404, 200, 404, 401, 401, 401],
  "stranger, keys": [200, 404, 404, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401],
  "stranger, nothing anonymous": [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401],
  "key for runs": [200, 404, 404, 403, 403, 403, 403, 403, 403, 403, 403, 401, 401, 401],
  "key for jobs": [403, 403, 403, 200, 404, 204, 200, 403, 403, 403, 403, 401, 401, 401],
  "key for work": [403, 403, 403, 200, 404, 204, 200, 202, 403, 403, 403, 401, 401, 401],
  "key for workloads": [403, 403, 403, 403, 403, 403, 403, 403, 404, 200, 404, 401, 401, 401],
  operator: [200, 404, 404, 401, 401, 401, 401, 401, 401, 401, 401, 200, 200, 200],
} as const;
type Who = keyof typeof TABLE;

const TOKEN = { authorization: "Bearer operator-token-of-the-tests" };
const open = serviceWith({ ACCESS: "open" });
const keys = serviceWith({ ACCESS: "keys" });
const shut = serviceWith({ ACCESS: "keys", ANONYMOUS_RUNS: "false" });
const keyFor = async (scope: "runs" | "jobs" | "work" | "workloads") => ({
  "x-api-key": await addKey({ scopes: [scope] }),
});

const asked = async (who: Who): Promise<number[]> => {
  const call = who === "stranger, open" ? open : who === "stranger, nothing anonymous" ? shut : keys;
  const scope = /^key for (\w+)$/.exec(who)?.[1] as Parameters<typeof keyFor>[0] | undefined;
  const headers: Record<string, string> =
    scope !== undefined ? await keyFor(scope) : who === "operator" ? TOKEN : {};
  const statuses: number[] = [];
  for (const [path, body, method] of ACTIONS) statuses.push((await call(path, headers, body, method)).status);
  return statuses;
};

beforeAll(async () => {
  await addKey();
});

describe("who may do what", () => {
  it.each(Object.keys(TABLE) as Who[])("%s: row by row as the documentation has it", async (who) => {
    expect(await asked(who)).toEqual(TABLE[who]);
  });
});

describe("an address that a caller writes itself", () => {
  it("counts for nothing: only what the platform writes does", async () => {
    const block = { kind: "address", value: "203.0.120.1", reason: "x" };
    expect((await keys("/operator/blocks", TOKEN, block)).status).toBe(201);
    const forged = {
      "x-forwarded-for": "198.51.100.1",
      "x-real-ip": "198.51.100.1",
      forwarded: "for=198.51.100.1",
    };
    expect((await keys("/stats", { ...forged, "cf-connecting-ip": "203.0.120.1" })).status).toBe(403);
    const other = { "x-forwarded-for": "203.0.120.1", "cf-connecting-ip": "198.51.100.2" };
    expect((await keys("/stats", other)).status).toBe(200);
  });
});
