import { createExecutionContext } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { submittedSchema } from "../../../src/http/runs/schemas.ts";
import worker from "../../../src/index.ts";
import { type RawMember, tarGz } from "../../unit/uploads/support/raw-tar.ts";
import { rawZip } from "../../unit/uploads/support/raw-zip.ts";
import { CONTENT_TYPE, isSame, join, membersOf } from "../../unit/uploads/support/submit.ts";
import { expectExactly, expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { restoreClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { type HandAttempt, HandExecutor, inputsOf } from "../support/hand-executor.ts";
import { worldOf } from "../support/objects.ts";
import { files, manifest, type Part, upload, uploaded } from "../support/uploads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());

const attemptFor = async (...parts: Part[]): Promise<HandAttempt> => {
  const attempt = await executor.of(await uploaded(new Client(), ...parts));
  await attempt.finish();
  return attempt;
};

const filesOf = async ({ request }: HandAttempt): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await membersOf(await inputsOf(request)))
      .filter((member) => member.type === "file")
      .map(({ name, text }) => [name, text]),
  );

const stripOf = ({ request }: HandAttempt): number | null => {
  const [input] = request.inputs;
  return input?.kind === "tar" ? input.stripComponents : null;
};

describe("an upload", () => {
  it("is answered like any submission", async () => {
    const response = await upload(new Client(), files("main.py", "print(1)"), manifest({}));
    const { job_id } = await expectExactly(response, submittedSchema);
    await (await executor.of(job_id)).finish();
  });

  it("may have its parts in any order", async () => {
    const parts = [files("a.py", "A"), manifest({ entrypoint: "b.py" }), files("b.py", "B")];
    for (const order of [parts, parts.toReversed()]) {
      const attempt = await attemptFor(...order);
      expect(attempt.request.program).toMatchObject({ entrypoint: "b.py", interpreter: "python3" });
      expect(await filesOf(attempt)).toEqual({ "a.py": "A", "b.py": "B" });
    }
  });

  it("keeps the relative paths of several files, and Unicode names", async () => {
    const attempt = await attemptFor(
      files("main.py", "1"),
      files("data/in put.csv", "2"),
      files("data/größe/ü.txt", "3"),
    );
    expect(await filesOf(attempt)).toEqual({
      "main.py": "1",
      "data/in put.csv": "2",
      "data/größe/ü.txt": "3",
    });
  });

  it("may be a gzipped tar, under either ending", async () => {
    const archive = await tarGz([
      { name: "./" },
      { name: "./main.py", content: "1" },
      { name: "lib/x.py", content: "2" },
    ]);
    for (const name of ["job.tar.gz", "job.TGZ"]) {
      const attempt = await attemptFor(files(name, archive));
      expect(await filesOf(attempt)).toEqual({ "main.py": "1", "lib/x.py": "2" });
    }
  });

  it("may be a zip", async () => {
    const archive = rawZip([
      { name: "run.sh", content: "echo" },
      { name: "d/e.txt", content: "e" },
    ]);
    const attempt = await attemptFor(files("work.zip", archive));
    expect(attempt.request.program).toMatchObject({ entrypoint: "run.sh", interpreter: "bash" });
    expect(await filesOf(attempt)).toEqual({ "run.sh": "echo", "d/e.txt": "e" });
  });

  it("may be one file as quick code, whose size is not looked at", async () => {
    const text = "----Tar\nPath: main.py\nSize: 999\n\nprint('ü')\n";
    expect(await filesOf(await attemptFor(files("code", text)))).toEqual({ "main.py": "print('ü')\n" });
  });

  it("may be several files as text between boundary lines", async () => {
    const line = "----TarBoundary1700000000";
    const text = `${line}\nPath: main.py\nSize: 2\n\nab\n${line}\nPath: d/x.txt\nSize: 3\n\nx\ny\n`;
    expect(await filesOf(await attemptFor(files("bundle", text)))).toEqual({
      "main.py": "ab",
      "d/x.txt": "x\ny",
    });
  });

  it("may mix the forms", async () => {
    const attempt = await attemptFor(
      manifest({ unpack: true }),
      files("a.zip", rawZip([{ name: "z.txt", content: "z" }])),
      files("b.tgz", await tarGz([{ name: "t.txt", content: "t" }])),
      files("code", "----Tar\nPath: index.js\n\n1"),
      files("plain.txt", "p"),
    );
    expect(attempt.request.program).toMatchObject({ entrypoint: "index.js", interpreter: "node" });
    expect(Object.keys(await filesOf(attempt)).sort()).toEqual(["index.js", "plain.txt", "t.txt", "z.txt"]);
  });

  it("has its one top folder stripped where the entrypoint is below it", async () => {
    const archive = await tarGz([
      { name: "project/main.py", content: "1" },
      { name: "project/d/x", content: "2" },
    ]);
    const stripped = await attemptFor(files("p.tar.gz", archive), manifest({ entrypoint: "main.py" }));
    expect([stripOf(stripped), stripped.request.program.entrypoint]).toEqual([1, "main.py"]);
    const named = await attemptFor(files("p.tar.gz", archive), manifest({ entrypoint: "project/main.py" }));
    expect([stripOf(named), named.request.program.entrypoint]).toEqual([0, "project/main.py"]);
  });

  it("may bring its manifest as job.json, whose entrypoint and interpreter go first", async () => {
    const job = { entrypoint: "go.py", interpreter: "python", args: ["file"], outputs: ["*.txt"] };
    const attempt = await attemptFor(
      files("go.py", "1"),
      files("job.json", JSON.stringify(job)),
      manifest({ interpreter: "node", args: ["part"] }),
    );
    expect(attempt.request.program).toMatchObject({
      entrypoint: "go.py",
      interpreter: "python3",
      args: ["part"],
    });
    expect(attempt.request.outputs.patterns).toEqual(["*.txt"]);
  });

  it("does not read job.json when the manifest names the entrypoint", async () => {
    const attempt = await attemptFor(
      files("a.py", "1"),
      files("job.json", "{broken"),
      manifest({ entrypoint: "a.py" }),
    );
    expect(attempt.request.program.entrypoint).toBe("a.py");
  });

  it("runs the first of main.py, index.js and run.sh when nothing names an entrypoint", async () => {
    const entries = [files("run.sh", "1"), files("index.js", "2"), files("main.py", "3")];
    const chosen: string[] = [];
    for (const skipped of [0, 1, 2]) {
      const attempt = await attemptFor(...entries.slice(0, 3 - skipped));
      chosen.push(attempt.request.program.entrypoint);
    }
    expect(chosen).toEqual(["main.py", "index.js", "run.sh"]);
  });

  it("has the job hash of the reference over its environment, arguments and entrypoint", async () => {
    const { environments } = executor;
    await executor.have(environments.map((one) => ({ ...one, name: "ml-basic" })));
    const attempt = await attemptFor(
      files("other.py", "not covered"),
      files("main.py", "import sys\n"),
      manifest({ entrypoint: "main.py", environment: "ml-basic", args: ["--input", "data.csv"] }),
    );
    await executor.have(environments);
    restoreClock();
    expect(attempt.request.jobHash).toBe("e4e9341363760584855c1d55696e766301d3ed9d9fed6e72928a559442135723");
  });

  it("passes any byte on as it is", async () => {
    const content = Uint8Array.from({ length: 1_024 }, (_, at) => at % 256);
    const attempt = await attemptFor(files("main.py", content));
    const tar = await inputsOf(attempt.request);
    expect(isSame(tar.subarray(512, 512 + 1_024), content)).toBe(true);
  });

  it("may be empty where the program is", async () => {
    expect(await filesOf(await attemptFor(files("main.py", "")))).toEqual({ "main.py": "" });
  });
});

const hostile = (...members: RawMember[]): RawMember[] => [{ name: "main.py", content: "1" }, ...members];

const archives: [string, () => Promise<Uint8Array> | Uint8Array][] = [
  ["leaves the folder", () => tarGz(hostile({ name: "../evil", content: "x" }))],
  ["is absolute", () => tarGz(hostile({ name: "/etc/passwd", content: "x" }))],
  ["has a backslash", () => tarGz(hostile({ name: "a\\..\\b", content: "x" }))],
  ["links out", () => tarGz(hostile({ name: "link", type: "2" }))],
  ["has a device", () => tarGz(hostile({ name: "null", type: "3" }))],
  ["is too deep", () => tarGz(hostile({ name: `${"d/".repeat(9)}f`, content: "x" }))],
  ["is cut off", async () => (await tarGz(hostile({ name: "b", content: "x".repeat(5_000) }))).slice(0, -40)],
  ["is neither gzip nor tar", () => new TextEncoder().encode("no archive".repeat(200))],
  ["is damaged", async () => (await tarGz(hostile())).map((byte, at) => (at === 30 ? byte ^ 0xff : byte))],
];

describe("an upload that cannot be used", () => {
  const main = files("main.py", "1");
  const refusals: [string, string, Part[]][] = [
    ["without parts", "invalid_upload", []],
    ["without files", "invalid_upload", [manifest({})]],
    ["with its file in a part called file", "invalid_upload", [{ ...main, name: "file" }]],
    ["with a part that has no filename", "invalid_upload", [{ name: "files", content: "x" }]],
    ["with a manifest that is no JSON", "invalid_manifest", [main, manifest("{")]],
    ["with a manifest that is a list", "invalid_manifest", [main, manifest([])]],
    ["with two manifests", "invalid_upload", [main, manifest({}), manifest({})]],
    ["with a wrong field", "invalid_manifest", [main, manifest({ timeout: -5 })]],
    ["with a missing entrypoint", "invalid_manifest", [main, manifest({ entrypoint: "other.py" })]],
    ["with no entrypoint at all", "invalid_manifest", [files("tool.py", "1"), files("other.py", "1")]],
    ["with an entrypoint outside", "invalid_manifest", [main, manifest({ entrypoint: "../main.py" })]],
    ["with an unknown environment", "invalid_manifest", [main, manifest({ environment: "gone" })]],
    [
      "with a wrong job.json",
      "invalid_manifest",
      [main, files("job.json", `{"entrypoint":"main.py","timeout":0}`)],
    ],
    ["with a name that leaves the folder", "invalid_upload", [main, files("../x", "1")]],
    ["with an absolute name", "invalid_upload", [main, files("/x", "1")]],
    ["with one name twice", "invalid_upload", [main, main]],
    ["with a zip that is none", "invalid_upload", [main, files("a.zip", "PK nothing")]],
  ];

  it.each(refusals)("%s is refused and leaves nothing behind", async (_what, code, parts) => {
    const client = new Client();
    const before = await worldOf(client.address);
    await expectProblem(await upload(client, ...parts), 400, code);
    expect(await worldOf(client.address)).toEqual(before);
    expect(before.quota).toBe(0);
  });

  it.each(archives)("because its archive %s is refused and leaves nothing behind", async (_what, make) => {
    const client = new Client();
    const before = await worldOf(client.address);
    const response = await upload(client, files("in.tar.gz", await make()));
    await expectProblem(response, 400, "invalid_upload");
    expect(await worldOf(client.address)).toEqual(before);
  });

  it("names the field of a manifest, and the one in job.json", async () => {
    const main = files("main.py", "1");
    const wrong = { memory_mb: "much" };
    const part = await upload(new Client(), main, manifest(wrong));
    expect(await expectProblem(part, 400, "invalid_manifest")).toMatchObject({
      details: [{ field: "memory_mb" }],
    });
    const file = await upload(
      new Client(),
      main,
      files("job.json", JSON.stringify({ entrypoint: "main.py", ...wrong })),
    );
    expect(await expectProblem(file, 400, "invalid_manifest")).toMatchObject({
      details: [{ field: "job.json.memory_mb" }],
    });
  });

  it("is refused by its declared length before a byte is read", async () => {
    const request = new Request("http://sandpiper.test/submit", {
      method: "POST",
      headers: {
        "content-type": CONTENT_TYPE,
        "content-length": String(100 * 1_048_576 + 1),
        "cf-connecting-ip": new Client().address,
      },
      body: "x",
    }) as Request<unknown, IncomingRequestCfProperties>;
    const env = testEnv as unknown as Record<string, unknown>;
    const response = await worker.fetch(request, env, createExecutionContext());
    await expectProblem(response, 413, "too_large");
  });

  it("is refused when its body breaks off", async () => {
    const client = new Client();
    const before = await worldOf(client.address);
    const whole = join("--b\r\nContent-Disposition: form-data; name=files; filename=main.py\r\n\r\n", "1");
    const response = await client.fetch("/submit", {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=b" },
      body: whole,
    });
    await expectProblem(response, 400, "invalid_upload");
    expect(await worldOf(client.address)).toEqual(before);
  });
});
