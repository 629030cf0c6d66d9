import { beforeAll, describe, expect, it } from "vitest";
import access from "../../../docs/access.md?raw";
import { addKey, serviceWith } from "../support/keys.ts";
import { TAX } from "../support/workloads.ts";

/** Jobs that are not there, in the place of `{run}` and `{job}`. */
const NONE = "0b7d4a3e-0000-4000-8000-00000000000f";
const RUN = "job-00000000000000000000000000000000";
const BODIES: Readonly<Record<string, unknown>> = { "PATCH /settings": { model: "x" } };

const cellsOf = (line: string): string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll("`", ""));

/** The table of docs/access.md whose columns are callers: a request, and what each of them is answered with. */
const [header = [], , ...lines] = access
  .slice(access.indexOf("| Request "))
  .split("\n\n", 1)
  .join()
  .trim()
  .split("\n")
  .map(cellsOf);
const callers = header.slice(1);

const TOKEN = { authorization: "Bearer operator-token-of-the-tests" };
const open = serviceWith({ ACCESS: "open" });
const keys = serviceWith({ ACCESS: "keys" });
const shut = serviceWith({ ACCESS: "keys", ANONYMOUS_RUNS: "false" });
const keyFor = async (scope: "runs" | "jobs" | "work" | "workloads") => ({
  "x-api-key": await addKey({ scopes: [scope] }),
});

const asked = async (who: string): Promise<string[]> => {
  const call = who === "stranger, open" ? open : who === "stranger, nothing anonymous" ? shut : keys;
  const scope = /^key for (\w+)$/.exec(who)?.[1] as Parameters<typeof keyFor>[0] | undefined;
  const headers: Record<string, string> =
    scope !== undefined ? await keyFor(scope) : who === "operator" ? TOKEN : {};
  const statuses: string[] = [];
  for (const [request = ""] of lines) {
    const [method = "", path = ""] = request.split(" ");
    const body = method === "POST" ? {} : BODIES[request];
    const at = path.replace("{run}", RUN).replace("{job}", NONE);
    statuses.push(String((await call(at, headers, body, method)).status));
  }
  return statuses;
};

beforeAll(async () => {
  await addKey();
});

describe("who may do what", () => {
  it("is told of every caller, and of requests of every face", () => {
    expect(callers).toEqual([
      ...["stranger, open", "stranger, keys", "stranger, nothing anonymous", "key for runs", "key for jobs"],
      ...["key for work", "key for workloads", "operator"],
    ]);
    const asked = lines.map(([request]) => request).join(" ");
    for (const part of [
      "/submit",
      "/jobs/claim",
      "/settings",
      TAX,
      "/submissions",
      "/api/v2",
      "/mcp",
      "/operator/jobs",
    ])
      expect(asked).toContain(part);
  });

  it.each(callers)("%s: row by row as the documentation has it", async (who) => {
    const column = callers.indexOf(who) + 1;
    expect(await asked(who)).toEqual(lines.map((line) => line[column]));
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
