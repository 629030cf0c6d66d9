import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { submittedSchema } from "../../../src/http/runs/schemas.ts";
import { membersOf } from "../../unit/uploads/support/submit.ts";
import { expectExactly, expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { HandExecutor, inputsOf, stdinOf } from "../support/hand-executor.ts";
import { worldOf } from "../support/objects.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());

const run = async (body: Record<string, unknown>) => {
  const client = new Client();
  const id = await client.submit(body);
  const attempt = await executor.of(id);
  await attempt.finish();
  return { request: attempt.request, status: await client.status(id) };
};

describe("a submission as JSON", () => {
  it("is answered with the id, the status and the place in the queue", async () => {
    const client = new Client();
    const response = await client.post("/submit", { code: "print(1)" });
    const body = await expectExactly(response, submittedSchema);
    expect(body.job_id).toMatch(/^job-[0-9a-f]{32}$/);
    expect(body.position).toBe(body.queue_position);
    expect(body.queue_position).toBeGreaterThan(0);
    expect(response.headers.get("ratelimit-policy")).toBe(
      '"active";q=2, "hour";q=20;w=3600, "cpu";q=10;w=60',
    );
    expect(response.headers.get("ratelimit")).toBe('"active";r=1, "hour";r=19, "cpu";r=10');
    await (await executor.of(body.job_id)).finish();
  });

  it("reaches the executor as one file, with everything that its fields say", async () => {
    const { request } = await run({
      code: "console.log('höi')",
      interpreter: "node",
      args: ["--flag", "a b", ""],
      env: { NAME: "välue", _X1: "" },
      stdin: "line\n",
      outputs: ["*.png", "results/"],
      timeout: 20,
      memory_mb: 100,
      cpu_seconds: 30,
    });
    expect(request.program).toMatchObject({
      interpreter: "node",
      entrypoint: "index.js",
      args: ["--flag", "a b", ""],
      env: { NAME: "välue", _X1: "" },
      environment: "default",
    });
    expect(await stdinOf(request)).toBe("line\n");
    expect(request.outputs).toEqual({ root: ".", patterns: ["*.png", "results/"] });
    expect(request.limits).toMatchObject({ timeoutMs: 20_000, cpuMs: 30_000, memoryBytes: 100 * 1_048_576 });
    expect(await membersOf(await inputsOf(request))).toMatchObject([
      { name: "index.js", type: "file", text: "console.log('höi')" },
    ]);
  });

  it("has the documented defaults, and no stdin", async () => {
    const { request, status } = await run({ code: "print(1)" });
    expect(request.program.stdin).toBeNull();
    expect(request.limits).toMatchObject({
      timeoutMs: 300_000,
      cpuMs: 10_000,
      memoryBytes: 512 * 1_048_576,
      workspaceBytes: 100 * 1_048_576,
    });
    expect(status).toMatchObject({
      limits: { timeout: 300, memory_mb: 512, cpu_seconds: 10, workspace_mb: 100 },
    });
  });

  it("takes larger limits down to their caps and says so", async () => {
    const { status } = await run({ code: "1", timeout: 3_600, memory_mb: 2_048, cpu_seconds: 61 });
    expect(status).toMatchObject({ limits: { timeout: 300, memory_mb: 512, cpu_seconds: 60 } });
  });

  it.each([
    ["python", "python3", "main.py"],
    ["python3", "python3", "main.py"],
    ["node", "node", "index.js"],
    ["bash", "bash", "run.sh"],
    ["sh", "sh", "run.sh"],
  ])("runs %s with %s", async (asked, interpreter, entrypoint) => {
    const { request } = await run({ code: "1", interpreter: asked });
    expect(request.program).toMatchObject({ interpreter, entrypoint });
  });

  it("takes the interpreter from the entrypoint's extension", async () => {
    const { request } = await run({ code: "1", entrypoint: "src/tool.mjs" });
    expect(request.program).toMatchObject({ interpreter: "node", entrypoint: "src/tool.mjs" });
  });

  it("may leave fields null, empty or unknown to us", async () => {
    const { request } = await run({
      code: "1",
      interpreter: "",
      environment: null,
      args: null,
      env: null,
      requirements: "",
      gpu: { required: false, device_id: 0 },
      colour: "red",
    });
    expect(request.program).toMatchObject({ interpreter: "python3", environment: "default", args: [] });
  });

  it("runs in an environment that the executor has", async () => {
    const { environments } = executor;
    await executor.have(environments.map((one) => ({ ...one, name: "ml-basic" })));
    const { request, status } = await run({ code: "1", environment: "ml-basic" });
    await executor.have(environments);
    restoreClock();
    expect(request.program.environment).toBe("ml-basic");
    expect(status).toMatchObject({ execution_metadata: { environment: "ml-basic" } });
  });

  it("has the job hash of the reference", async () => {
    expect((await run({ code: "print('hello')" })).status.job_hash).toBe(
      "cb7bf218856335e10cea8346689a6ca406f57bed2453c6332516c43f6f4d343c",
    );
    expect((await run({ code: "echo hi\n", interpreter: "bash" })).status.job_hash).toBe(
      "66411a9b71d0f08d66b73736428c84a8852e75d15ce947ddae316cd962feed97",
    );
  });
});

const overlong = (count: number, length: number) => Array.from({ length: count }, () => "x".repeat(length));
const names = (count: number) => Object.fromEntries(overlong(count, 1).map((value, at) => [`N${at}`, value]));

describe("a submission that does not fit", () => {
  it.each([
    ["code", {}],
    ["code", { code: 5 }],
    ["code", { code: "x".repeat(1_048_577) }],
    ["stdin", { code: "1", stdin: "é".repeat(524_289) }],
    ["timeout", { code: "1", timeout: 0 }],
    ["timeout", { code: "1", timeout: -1 }],
    ["timeout", { code: "1", timeout: 1.5 }],
    ["timeout", { code: "1", timeout: "60" }],
    ["memory_mb", { code: "1", memory_mb: 0 }],
    ["cpu_seconds", { code: "1", cpu_seconds: true }],
    ["interpreter", { code: "1", interpreter: "ruby" }],
    ["environment", { code: "1", environment: "nowhere" }],
    ["args", { code: "1", args: "one" }],
    ["args.1", { code: "1", args: ["a", 2] }],
    ["args.0", { code: "1", args: ["a\0b"] }],
    ["args", { code: "1", args: overlong(1_001, 1) }],
    ["args", { code: "1", args: overlong(2, 65_537) }],
    ["env.A-B", { code: "1", env: { "A-B": "1" } }],
    ["env.A", { code: "1", env: { A: 1 } }],
    ["env.A", { code: "1", env: { A: "\0" } }],
    ["env", { code: "1", env: names(65) }],
    ["env", { code: "1", env: { A: "x".repeat(32_768) } }],
    ["env", { code: "1", env: ["A=1"] }],
    ["outputs", { code: "1", outputs: "*.png" }],
    ["entrypoint", { code: "1", entrypoint: "../main.py" }],
    ["entrypoint", { code: "1", entrypoint: "/main.py" }],
    ["entrypoint", { code: "1", entrypoint: "a/../../b.py" }],
    ["entrypoint", { code: "1", entrypoint: "a\\b.py" }],
    ["entrypoint", { code: "1", entrypoint: "-c" }],
    ["entrypoint", { code: "1", entrypoint: "a\u0000.py" }],
    ["interpreter", { code: "1", entrypoint: "main.xyz" }],
    ["gpu.required", { code: "1", gpu: { required: true } }],
    ["requirements", { code: "1", requirements: "numpy" }],
  ])("is refused with the field %s named, and leaves nothing behind", async (field, body) => {
    const client = new Client();
    const before = await worldOf(client.address);
    const problem = await expectProblem(await client.post("/submit", body), 400, "invalid_manifest");
    expect(problem.details?.map((detail) => detail.field)).toContain(field);
    expect(problem.error).toContain(field);
    expect(await worldOf(client.address)).toEqual(before);
    expect(before.quota).toBe(0);
  });

  it("names every field that is wrong", async () => {
    const body = { code: "1", timeout: 0, memory_mb: "x", env: 5 };
    const problem = await expectProblem(await new Client().post("/submit", body), 400, "invalid_manifest");
    expect(problem.details?.map((detail) => detail.field).sort()).toEqual(["env", "memory_mb", "timeout"]);
  });

  it("says which interpreters and environments there are, and what to use instead of packages", async () => {
    const client = new Client();
    const messageOf = async (body: Record<string, unknown>): Promise<string> =>
      (await expectProblem(await client.post("/submit", { code: "1", ...body }), 400, "invalid_manifest"))
        .error;
    expect(await messageOf({ interpreter: "perl" })).toMatch(/python3, python, node, bash, sh/);
    expect(await messageOf({ environment: "gone" })).toMatch(/one of default/);
    expect(await messageOf({ requirements: "numpy==1" })).toMatch(/environment/);
    expect(await messageOf({ gpu: { required: true } })).toMatch(/CPU/);
  });

  it.each(["[]", "null", '"text"', "5"])("is refused when it is %s", async (body) => {
    const headers = { "content-type": "application/json" };
    const response = await new Client().fetch("/submit", { method: "POST", headers, body });
    await expectProblem(response, 400, "invalid_manifest");
  });

  it.each(["{", "", "{'code': 1}", '{"code": "1"} trailing'])(
    "is refused when the body %j is no JSON",
    async (body) => {
      const client = new Client();
      const headers = { "content-type": "application/json" };
      const response = await client.fetch("/submit", { method: "POST", headers, body });
      expect(response.status).toBe(400);
      expect((await worldOf(client.address)).quota).toBe(0);
    },
  );

  it("is refused at 16 MiB of JSON without being read to its end", async () => {
    const client = new Client();
    const body = JSON.stringify({ code: "1", stdin: "x".repeat(17 * 1_048_576) });
    const headers = { "content-type": "application/json" };
    await expectProblem(await client.fetch("/submit", { method: "POST", headers, body }), 413, "too_large");
  });

  it("has its environment checked by what the last executor had, while there is none", async () => {
    const client = new Client();
    const before = await worldOf(client.address);
    executor.isDown = true;
    moveClock(6_000);
    const response = await client.post("/submit", { code: "1", environment: "ml-basic" });
    executor.isDown = false;
    restoreClock();
    expect(await expectProblem(response, 400, "invalid_manifest")).toMatchObject({
      details: [{ field: "environment", message: expect.stringContaining("must be one of default") }],
    });
    expect(await worldOf(client.address)).toEqual(before);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"])(
    "is refused as %s",
    async (contentType) => {
      const response = await new Client().fetch("/submit", {
        method: "POST",
        headers: { "content-type": contentType },
        body: "code=1",
      });
      await expectProblem(response, 415, "unsupported_media_type");
    },
  );

  it("is refused without a body", async () => {
    const problem = await expectProblem(
      await new Client().fetch("/submit", { method: "POST" }),
      400,
      "invalid_upload",
    );
    expect(problem.error).toMatch(/^No files uploaded/);
  });
});
