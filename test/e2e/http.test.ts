import { describe, expect, inject, test } from "vitest";
import { newAddress, newClient, rawFetch } from "./support/client.ts";
import { rawExchange } from "./support/raw-http.ts";

describe("the service over HTTP", () => {
  test("keeps a connection, and takes header names in any case", async () => {
    const host = new URL(inject("sandpiperUrl")).host;
    const body = '{"code":"print(1)"}';
    const answers = await rawExchange([
      `GET /health HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
      `POST /submit HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
        `cf-connecting-ip: ${newAddress()}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      `GET /stats?unknown=1 HTTP/1.1\r\nHOST: ${host}\r\nCF-CONNECTING-IP: ${newAddress()}\r\n\r\n`,
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.some(({ head }) => head.includes("connection: close"))).toBe(false);
  });

  test("tells whoever frames a body wrongly, on every face, and not as a fault of its own", async () => {
    const { host } = new URL(inject("sandpiperUrl"));
    for (const [path, type] of [
      ["/submit", "application/json"],
      ["/submit", "multipart/form-data; boundary=x"],
      ["/jobs", "application/json"],
      ["/mcp", "application/json"],
      ["/files/checksum/sha256", "application/json"],
      ["/submissions", "application/json"],
      ["/api/v2/execute", "application/json"],
    ]) {
      const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked`;
      const [answer] = await rawExchange([`${head}\r\n\r\n-1\r\nx\r\n0\r\n\r\n`]);
      expect([400, 422], `${path} ${answer?.body}`).toContain(answer?.status);
    }
  });

  test("opens no tunnel: the runtime refuses CONNECT before the service sees it", async () => {
    const { host } = new URL(inject("sandpiperUrl"));
    for (const target of ["example.com:443", host, "/submit"]) {
      const [answer] = await rawExchange([`CONNECT ${target} HTTP/1.1\r\nhost: ${host}\r\n\r\n`]);
      expect(answer?.status).toBeGreaterThanOrEqual(400);
      expect(answer?.head).toContain("connection: close");
    }
    expect((await rawFetch("/health")).status).toBe(200);
  });

  test("takes a multipart upload with lower-case names", async () => {
    const host = new URL(inject("sandpiperUrl")).host;
    const body =
      '--x\r\ncontent-disposition: form-data; name="files"; filename="run.sh"\r\n\r\necho hi\n\r\n--x--\r\n';
    const [answer] = await rawExchange([
      `POST /submit HTTP/1.1\r\nhost: ${host}\r\ncontent-type: multipart/form-data; boundary="x"\r\n` +
        `cf-connecting-ip: ${newAddress()}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    ]);
    expect(answer).toMatchObject({ status: 200 });
  });

  test("is told an upload in steps, and tells its client how far it is", async () => {
    const client = newClient();
    const steps: number[] = [];
    const files = [
      { path: "run.sh", data: "wc -c < data.bin" },
      { path: "data.bin", data: new Uint8Array(3_000_000) },
    ];
    const onProgress = ({ sentBytes, totalBytes }: { sentBytes: number; totalBytes: number }): void => {
      steps.push(sentBytes / totalBytes);
    };
    const { job_id: id } = await client.submit({ files }, { onProgress });
    expect(steps.length).toBeGreaterThan(10);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps.at(-1)).toBe(1);
    await client.wait(id);
    expect(await client.text(id)).toBe("3000000\n");
  });

  test("answers preflights for every route", async () => {
    for (const [method, path] of [
      ["POST", "/submit"],
      ["GET", "/status/job-1"],
      ["POST", "/cancel/job-1"],
    ] as const) {
      const response = await rawFetch(path, {
        method: "OPTIONS",
        headers: {
          Origin: "https://elsewhere.example",
          "Access-Control-Request-Method": method,
          "Access-Control-Request-Headers": "content-type, idempotency-key, prefer",
        },
      });
      expect(response.ok).toBe(true);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-allow-methods")).toContain(method);
      const allowed = response.headers.get("access-control-allow-headers")?.toLowerCase() ?? "";
      for (const name of ["content-type", "idempotency-key", "prefer"]) expect(allowed).toContain(name);
    }
  });

  test("lets pages of any origin read its answers and its errors", async () => {
    for (const path of ["/", "/nowhere", "/status/job-1"]) {
      const response = await rawFetch(path, { headers: { Origin: "https://elsewhere.example" } });
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-expose-headers")).toContain("Retry-After");
    }
  });

  test("answers HEAD as GET, without a body, and deletes nothing by it", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({ code: "open('a.txt', 'w').write('a')" });
    await client.wait(id);
    for (const path of [`/status/${id}`, `/download/${id}`, `/download/${id}/a.txt`]) {
      const response = await rawFetch(path, { method: "HEAD" });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe("");
    }
    expect((await client.status(id)).status).toBe("completed");
  });

  test("gives the log as text to whoever asks for text", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({ code: "print('größe')" });
    await client.wait(id);
    const asText = [
      rawFetch(`/logs/${id}`, { headers: { Accept: "text/plain" } }),
      rawFetch(`/logs/${id}?format=text`),
      rawFetch(`/logs/${id}`, { headers: { Accept: "text/html,*/*;q=0.8" } }),
    ];
    for (const response of await Promise.all(asText)) expect(await response.text()).toBe("größe\n");
    const plain = await rawFetch(`/logs/${id}`, { headers: { Accept: "*/*" } });
    expect(await plain.json()).toMatchObject({ job_id: id, stdout: "größe\n", stderr: "", truncated: false });
  });

  test("describes itself, as JSON and as YAML", async () => {
    const description = (await (await rawFetch("/openapi/openapi.json")).json()) as {
      openapi: string;
      paths: Record<string, object>;
    };
    expect(description.openapi).toBe("3.1.0");
    for (const path of ["/submit", "/status/{id}", "/logs/{id}", "/logs/{id}/events", "/download/{id}"]) {
      expect(Object.keys(description.paths)).toContain(path);
    }
    const yaml = await (await rawFetch("/openapi/schema")).text();
    expect(yaml).toMatch(/^openapi: "?3\.1\.0/);
  });
});
