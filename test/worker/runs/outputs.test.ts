import { SELF } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outputsSchema, statusSchema } from "../../../src/http/runs/schemas.ts";
import { uploadsGranted } from "../../../src/wire/report.ts";
import { expectExactly, expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { outputOf, sha256Of, storeOutputs } from "../support/outputs.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());

const start = async (submission: Record<string, unknown> = {}) => {
  const client = new Client();
  const id = await client.submit({ code: "1", ...submission });
  return { client, id, attempt: await executor.of(id) };
};

const runThatMade = async (
  contents: Record<string, string | Uint8Array>,
  submission: Record<string, unknown> = {},
) => {
  const run = await start(submission);
  const outputs = await storeOutputs(run.attempt, contents);
  await run.attempt.finish({ outputs, outputsDropped: 2 });
  return { ...run, outputs };
};

const encoded = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

describe("the list of outputs", () => {
  it("has path strings, the documented entries with folders, and rich objects", async () => {
    const { client, id, outputs } = await runThatMade({
      "plot.png": "png",
      "images/a.jpg": "aa",
      "images/deep/b.txt": "b",
      "data.csv": "1,2\n",
    });
    const body = await expectExactly(await client.fetch(`/outputs/${id}`), outputsSchema);
    expect(body).toMatchObject({
      job_id: id,
      status: "completed",
      total_files: 4,
      files: ["plot.png", "images/a.jpg", "images/deep/b.txt", "data.csv"],
      outputs: [
        { path: "plot.png", size_bytes: 3, type: "file" },
        { path: "images/", type: "directory", files: ["a.jpg", "deep/b.txt"] },
        { path: "data.csv", size_bytes: 4, type: "file" },
      ],
    });
    expect(body.file_details[1]).toEqual({
      name: "images/a.jpg",
      size: 2,
      size_formatted: "2.0 B",
      type: "image",
      mime_type: "image/jpeg",
      sha256: outputs[1]?.sha256,
      download_url: `/download/${id}/images/a.jpg`,
    });
  });

  it("is empty while the run is not over, and for a run that made nothing", async () => {
    const { client, id, attempt } = await start();
    const empty = { total_files: 0, files: [], outputs: [], file_details: [] };
    expect(await client.json(`/outputs/${id}`)).toEqual({ job_id: id, status: "running", ...empty });
    await attempt.finish({ exitCode: 1 });
    expect(await client.json(`/outputs/${id}`)).toEqual({ job_id: id, status: "failed", ...empty });
  });

  it("has the files of a run that failed", async () => {
    const { client, id, attempt } = await start();
    const outputs = await storeOutputs(attempt, { "core.txt": "x" });
    await attempt.finish({ exitCode: 1, outputs });
    expect(await client.json(`/outputs/${id}`)).toMatchObject({ status: "failed", files: ["core.txt"] });
  });

  it("shows what the patterns select, as the status does, but every file can be downloaded", async () => {
    const made = { "a.png": "a", "sub/b.png": "b", "results/c.txt": "c", "d.txt": "d", "e.log": "e" };
    const selections: [string[], string[]][] = [
      [["*.png"], ["a.png", "sub/b.png"]],
      [["results/"], ["results/c.txt"]],
      [
        ["d.txt", "sub/*"],
        ["sub/b.png", "d.txt"],
      ],
      [["**/*.txt"], ["results/c.txt", "d.txt"]],
      [["nothing"], []],
      [["*"], Object.keys(made)],
    ];
    for (const [patterns, selected] of selections) {
      const { client, id } = await runThatMade(made, { outputs: patterns });
      expect(await client.json(`/outputs/${id}`)).toMatchObject({
        files: selected,
        total_files: selected.length,
      });
      const status = await expectExactly(await client.fetch(`/status/${id}`), statusSchema);
      expect(Object.keys(status.output_files)).toEqual(selected);
      for (const [path, content] of Object.entries(made)) {
        expect(await (await client.fetch(`/download/${id}/${path}`)).text()).toBe(content);
      }
    }
  });

  it("gives URLs under which exactly those files are", async () => {
    const made = {
      "with space.txt": "1",
      "quo\"te's.txt": "2",
      "ünï/cödé 😀.txt": "3",
      "100%/a?b#c&d=e+f.txt": "4",
      "semi;colon,comma.txt": "5",
      "back\\slash.txt": "6",
    };
    const { client, id } = await runThatMade(made);
    const body = await expectExactly(await client.fetch(`/outputs/${id}`), outputsSchema);
    expect(body.files).toEqual(Object.keys(made));
    for (const { name, download_url } of body.file_details) {
      const response = await client.fetch(download_url);
      expect([name, response.status, await response.text()]).toEqual([
        name,
        200,
        made[name as keyof typeof made],
      ]);
    }
  });
});

describe("one output file", () => {
  it("comes with its type, its length, its hash and its name, and stays", async () => {
    const content = Uint8Array.from({ length: 70_000 }, (_, at) => at % 251);
    const { client, id } = await runThatMade({ "deep/plot.png": content });
    for (const route of ["download", "outputs", "download"]) {
      const response = await client.fetch(`/${route}/${id}/deep/plot.png`);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-type": "image/png",
        "content-length": "70000",
        "content-disposition": 'attachment; filename="plot.png"',
        "x-content-type-options": "nosniff",
        etag: `"${await sha256Of(content)}"`,
        "access-control-allow-origin": "*",
      });
      expect(await sha256Of(await response.bytes())).toBe(await sha256Of(content));
    }
    for (const tag of [await sha256Of(content), "another"]) {
      const headers = { "if-none-match": `"x", W/"${tag}"` };
      const { status, body } = await client.fetch(`/outputs/${id}/deep/plot.png`, { headers });
      expect(status).toBe(tag === "another" ? 200 : 304);
      await body?.cancel();
    }
    expect(await client.status(id)).toMatchObject({ status: "completed" });
  });

  it("that has a name beyond ASCII keeps it in the attachment's name", async () => {
    const names: [string, string][] = [
      ["two words.txt", 'attachment; filename="two words.txt"'],
      ["é.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt"],
      ['a"b.txt', "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt"],
      ["100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"],
    ];
    const { client, id } = await runThatMade(Object.fromEntries(names.map(([name]) => [name, "x"])));
    for (const [name, disposition] of names) {
      const response = await client.fetch(`/download/${id}/${encoded(name)}`);
      expect(response.headers.get("content-disposition")).toBe(disposition);
      await response.body?.cancel();
    }
  });

  it("may be empty", async () => {
    const { client, id } = await runThatMade({ empty: "" });
    const response = await client.fetch(`/download/${id}/empty`);
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([
      200,
      "0",
      "",
    ]);
  });

  it("is found under its decoded path only", async () => {
    const { client, id } = await runThatMade({ "a/b.txt": "ab", "x%2Fy": "odd" });
    expect(await (await client.fetch(`/download/${id}/a%2Fb.txt`)).text()).toBe("ab");
    expect(await (await client.fetch(`/download/${id}/%61/b%2Etxt`)).text()).toBe("ab");
    expect(await (await client.fetch(`/download/${id}/x%252Fy`)).text()).toBe("odd");
  });

  it.each([
    "missing.txt",
    "a",
    "a/",
    "A/b.txt",
    "../status",
    "..%2f..%2fetc/passwd",
    "a//b.txt",
    "%00",
    "main.py",
  ])("is not found at %s", async (path) => {
    const { client, id } = await runThatMade({ "a/b.txt": "ab" });
    for (const route of ["download", "outputs"]) {
      expect((await client.fetch(`/${route}/${id}/${path}`)).status).toBe(404);
    }
  });

  it("is not found in an unknown job, nor before the run is over", async () => {
    const { client, id, attempt } = await start();
    const outputs = await storeOutputs(attempt, { "a.txt": "a" });
    await expectProblem(await client.fetch(`/download/${id}/a.txt`), 404, "file_not_found");
    await attempt.finish({ outputs });
    expect((await client.fetch(`/download/${id}/a.txt`)).status).toBe(200);
    const other = `/download/job-${"f".repeat(32)}/a.txt`;
    await expectProblem(await client.fetch(other), 404, "job_not_found");
  });

  it("answers HEAD with the headers alone", async () => {
    const { client, id } = await runThatMade({ "a.json": "{}" });
    const response = await client.fetch(`/download/${id}/a.json`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await response.text()).toBe("");
  });
});

describe("the grant of upload URLs", () => {
  const ask = (attemptId: string, token: string, body: string): Promise<Response> =>
    SELF.fetch(`http://sandpiper.test/executor/attempts/${attemptId}/uploads`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body,
    });

  it("gives one presigned PUT a file, in order, for this attempt's keys alone", async () => {
    const { id, attempt } = await start();
    const { attemptId, attemptToken } = attempt.request;
    const files = [await outputOf("a", new Uint8Array(1)), await outputOf("b", new Uint8Array(2))];
    const response = await ask(attemptId, attemptToken, JSON.stringify({ files }));
    const { uploads } = uploadsGranted.parse(await response.json());
    const [objectId, attemptHex] = attemptId.split(".");
    expect(uploads.map(({ url }) => new URL(url).pathname)).toEqual([
      `/sandpiper/jobs/${objectId}/outputs/${attemptHex}/0`,
      `/sandpiper/jobs/${objectId}/outputs/${attemptHex}/1`,
    ]);
    expect(JSON.stringify(uploads)).not.toContain(id.slice(4));
    await attempt.finish();
    const late = await ask(attemptId, attemptToken, JSON.stringify({ files }));
    expect([late.status, await late.json()]).toMatchObject([409, { error: { code: "stale_attempt" } }]);
  });

  it.each(['{"files":[]}', "{}", "[", '{"files":[{"path":"","sizeBytes":1,"sha256":"0"}]}'])(
    "refuses the body %s",
    async (body) => {
      const { attempt } = await start();
      const { attemptId, attemptToken } = attempt.request;
      expect((await ask(attemptId, attemptToken, body)).status).toBe(400);
    },
  );
});
