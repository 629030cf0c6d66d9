import { request as httpRequest } from "node:http";
import { describe, expect, inject, test } from "vitest";
import { tarGz } from "./support/archives.ts";
import { newAddress, newClient, rawFetch } from "./support/client.ts";

type Problem = {
  readonly type: string;
  readonly status: number;
  readonly error: string;
  readonly details?: readonly { readonly field: string; readonly message: string }[];
};

const MAX_BYTES = 100 * 1_048_576;
/** All refused submissions come from one client, whose quota must not notice them. */
const address = newAddress();

const problemOf = async (response: Response): Promise<Problem> => {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(response.status);
  expect(problem.error.length).toBeGreaterThan(5);
  return problem;
};

const post = (body: FormData | string | null, headers: Record<string, string> = {}): Promise<Response> =>
  rawFetch("/submit", { method: "POST", body, headers: { "CF-Connecting-IP": address, ...headers } });

const formOf = (files: Readonly<Record<string, string | Buffer>>, manifest?: string): FormData => {
  const form = new FormData();
  for (const [name, data] of Object.entries(files)) form.append("files", new Blob([data as string]), name);
  if (manifest !== undefined) form.append("manifest", manifest);
  return form;
};

const main = { "main.py": "print(1)" };
const json = { "Content-Type": "application/json" };
const escaping = tarGz(new Map([["main.py", Buffer.from("print(1)")]]));

const manifests: readonly { says: string; manifest: string; field: string }[] = [
  { says: "no JSON", manifest: "{", field: "" },
  { says: "no object", manifest: "[]", field: "" },
  { says: "an unknown interpreter", manifest: '{"interpreter":"ruby"}', field: "interpreter" },
  { says: "an unknown environment", manifest: '{"environment":"nowhere"}', field: "environment" },
  { says: "a missing entrypoint", manifest: '{"entrypoint":"absent.py"}', field: "entrypoint" },
  { says: "an entrypoint outside", manifest: '{"entrypoint":"../main.py"}', field: "entrypoint" },
  { says: "no time at all", manifest: '{"timeout":0}', field: "timeout" },
  { says: "a broken number", manifest: '{"memory_mb":1.5}', field: "memory_mb" },
  {
    says: "too many arguments",
    manifest: `{"args":${JSON.stringify(Array(1_001).fill("a"))}}`,
    field: "args",
  },
  { says: "over-long arguments", manifest: `{"args":["${"a".repeat(131_073)}"]}`, field: "args" },
  { says: "a NUL in an argument", manifest: '{"args":["a\\u0000b"]}', field: "args.0" },
  { says: "a bad variable name", manifest: '{"env":{"1A":"x"}}', field: "env.1A" },
  { says: "over-long variables", manifest: `{"env":{"A":"${"a".repeat(32_769)}"}}`, field: "env" },
  { says: "a GPU", manifest: '{"gpu":{"required":true}}', field: "gpu.required" },
  { says: "packages", manifest: '{"requirements":"numpy"}', field: "requirements" },
];

describe("a submission is refused, with the field named, when its manifest has", () => {
  test.for(manifests)("$says", async ({ manifest, field }) => {
    const response = await post(formOf(main, manifest));
    expect(response.status).toBe(400);
    expect((await problemOf(response)).details).toContainEqual(expect.objectContaining({ field }));
  });
});

const uploads: readonly { says: string; send: () => Promise<Response>; status: number }[] = [
  { says: "no body", send: () => post(null, json), status: 400 },
  { says: "no files", send: () => post(formOf({}, "{}")), status: 400 },
  {
    says: "a broken archive",
    send: () => post(formOf({ "a.tar.gz": escaping.subarray(0, 60) })),
    status: 400,
  },
  { says: "no archive at all", send: () => post(formOf({ "a.zip": "not a zip" })), status: 400 },
  { says: "a path that leaves the folder", send: () => post(formOf({ "../main.py": "x" })), status: 400 },
  { says: "the same with backslashes", send: () => post(formOf({ "..\\main.py": "x" })), status: 400 },
  { says: "an absolute path", send: () => post(formOf({ "/etc/main.py": "x" })), status: 400 },
  { says: "nothing that can be run", send: () => post(formOf({ "notes.txt": "x" })), status: 400 },
  { says: "another content type", send: () => post("x", { "Content-Type": "text/csv" }), status: 415 },
  {
    says: "a multipart body without its boundary",
    send: () => post("--a\r\n", { "Content-Type": "multipart/form-data" }),
    status: 415,
  },
  {
    says: "a multipart body that breaks off",
    send: () =>
      post('--a\r\nContent-Disposition: form-data; name="files"; filename="main.py"\r\n\r\nprint(', {
        "Content-Type": "multipart/form-data; boundary=a",
      }),
    status: 400,
  },
  { says: "broken JSON", send: () => post('{"code":', json), status: 400 },
  { says: "JSON without code", send: () => post("{}", json), status: 400 },
  {
    says: "over-long code",
    send: () => post(JSON.stringify({ code: "#".repeat(1_048_577) }), json),
    status: 400,
  },
];

describe("a submission is refused when it has", () => {
  test.for(uploads)("$says", async ({ send, status }) => {
    const response = await send();
    expect(response.status).toBe(status);
    await problemOf(response);
  });
});

/** Sends that many bytes as one multipart file, with or without saying so before. */
const sendBytes = (totalBytes: number, declared: boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    const head = Buffer.from(
      '--b\r\nContent-Disposition: form-data; name="files"; filename="main.py"\r\n\r\n',
    );
    const tail = Buffer.from("\r\n--b--\r\n");
    const request = httpRequest(`${inject("sandpiperUrl")}/submit`, {
      method: "POST",
      headers: {
        "Content-Type": "multipart/form-data; boundary=b",
        "CF-Connecting-IP": address,
        ...(declared ? { "Content-Length": totalBytes } : {}),
      },
    });
    let answered = false;
    request.on("response", (response) => {
      answered = true;
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    // A server that has answered need not read on.
    request.on("error", (error) => (answered ? undefined : reject(error)));
    const chunk = Buffer.alloc(1_048_576, "#");
    let left = totalBytes - head.length - tail.length;
    const write = (): void => {
      while (left > 0 && !answered) {
        const part = chunk.subarray(0, Math.min(left, chunk.length));
        left -= part.length;
        if (!request.write(part)) return void request.once("drain", write);
      }
      if (left === 0) request.end(tail);
      else request.destroy();
    };
    request.write(head);
    write();
  });

describe("an upload over 100 MiB", () => {
  test("is refused by its declared length, one byte over", async () => {
    expect(await sendBytes(MAX_BYTES + 1, true)).toBe(413);
  });

  test("is refused for the typed client, which sends on while it is refused", async () => {
    const client = newClient({ headers: { "CF-Connecting-IP": address } });
    const files = [{ path: "main.py", data: new Uint8Array(MAX_BYTES + 1) }];
    await expect(client.submit({ files })).rejects.toMatchObject({ status: 413, code: "too_large" });
  });

  test("is refused as it comes when it declares none", async () => {
    expect(await sendBytes(MAX_BYTES + 1, false)).toBe(413);
  });
});

describe("a request for what is not there", () => {
  const unknown = `job-${"f".repeat(32)}`;
  const paths = ["status", "logs", "outputs", "download"].flatMap((route) =>
    [unknown, "job-1", "..%2f..", `${unknown}%00`].map((id) => `/${route}/${id}`),
  );

  test.for([...paths, `/outputs/${unknown}/a.txt`, `/download/${unknown}/a/b.txt`, "/nowhere", "/statsfoo"])(
    "GET %s is 404",
    async (path) => {
      const response = await rawFetch(path);
      expect(response.status).toBe(404);
      await problemOf(response);
    },
  );

  test("names the methods that a path has", async () => {
    for (const [method, path, allowed] of [
      ["DELETE", "/submit", "POST"],
      ["POST", "/stats", "GET"],
      ["GET", `/cancel/${unknown}`, "POST"],
    ] as const) {
      const response = await rawFetch(path, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toContain(allowed);
      await problemOf(response);
    }
  });

  test("asks for a file of a run that it did not make", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({ code: "open('a b.txt', 'w').write('ü')" });
    await client.wait(id);
    const { body } = await client.download(id, "a b.txt");
    expect(await new Response(body).text()).toBe("ü");
    for (const path of ["b.txt", "..%2fmain.py", "../status", "main.py"]) {
      const response = await rawFetch(`/download/${id}/${path}`);
      expect(response.status).toBe(404);
    }
  });

  test("asks for the files of a run that has not ended", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({ code: "import time; time.sleep(20)" });
    await expect(client.downloadAll(id)).rejects.toMatchObject({ status: 409, code: "not_finished" });
    expect((await client.outputs(id)).files).toEqual([]);
    await client.cancel(id);
  });
});

describe("refused submissions", () => {
  test("cost nothing and take no place", async () => {
    const response = await rawFetch("/stats", { headers: { "CF-Connecting-IP": address } });
    expect(await response.json()).toMatchObject({
      your_quota: { used: 0, active_jobs: 0, jobs_last_hour: 0, can_submit: true },
    });
  });
});
