import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { createApp } from "../../../src/http/jobs/create-app.ts";
import { Client } from "../support/client.ts";
import { testEnv } from "../support/env.ts";

const client = new Client();

type Parameter = { name: string; in: string; required?: boolean; schema: unknown };
type Operation = {
  operationId: string;
  summary: string;
  tags: string[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: unknown }> }>;
};
type Description = {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};

const describeApi = (): Promise<Description> => client.json<Description>("/openapi/openapi.json");

const METHODS = new Set(["get", "put", "post", "delete", "patch", "head", "options"]);

const operationsOf = ({ paths }: Description): [string, string, Operation][] =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.has(method))
      .map(([method, operation]): [string, string, Operation] => [method, path, operation]),
  );

const refsIn = (value: unknown): string[] => {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === "$ref" && typeof member === "string" ? [member] : refsIn(member),
  );
};

const targetOf = (document: unknown, ref: string): unknown =>
  ref
    .slice(2)
    .split("/")
    .reduce<unknown>(
      (value, key) =>
        typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
      document,
    );

describe("the API description", () => {
  it("is OpenAPI 3.1 with every operation of the runs", async () => {
    const description = await describeApi();
    expect(description.openapi).toMatch(/^3\.1\./);
    expect(description.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const operations = operationsOf(description).map(([method, path]) => `${method.toUpperCase()} ${path}`);
    expect(operations).toEqual(
      expect.arrayContaining([
        "GET /",
        "POST /submit",
        "GET /status/{id}",
        "GET /logs/{id}",
        "GET /logs/{id}/stream",
        "GET /logs/{id}/events",
        "GET /stream/{id}",
        "GET /ws/{id}",
        "GET /outputs/{id}",
        "GET /outputs/{id}/{path}",
        "GET /download/{id}",
        "GET /download/{id}/{path}",
        "POST /cancel/{id}",
        "GET /stats",
        "GET /environments",
        "GET /health",
      ]),
    );
  });

  it("names each operation once, and says what it answers", async () => {
    const operations = operationsOf(await describeApi());
    const ids = operations.map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [method, path, operation] of operations) {
      const name = `${method} ${path}`;
      expect(operation.operationId, name).toMatch(/^[a-z][A-Za-z0-9]+$/);
      expect(operation.summary, name).not.toBe("");
      expect(operation.tags.length, name).toBeGreaterThan(0);
      expect(Object.keys(operation.responses).length, name).toBeGreaterThan(0);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status, name).toMatch(/^[1-5]\d\d$/);
        expect(response.description, `${name} ${status}`).not.toBe("");
      }
    }
  });

  it("declares every parameter of a path, and refers only to what is there", async () => {
    const description = await describeApi();
    for (const [method, path, { parameters = [] }] of operationsOf(description)) {
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(inPath.map(({ name }) => name).sort(), `${method} ${path}`).toEqual(named.sort());
      expect(inPath.every(({ required }) => required === true)).toBe(true);
    }
    for (const ref of refsIn(description)) {
      expect(ref).toMatch(/^#\/components\//);
      expect(targetOf(description, ref), ref).toBeDefined();
    }
  });

  it("describes both forms of a submission, and every error as a problem", async () => {
    const { paths } = await describeApi();
    const submit = paths["/submit"]?.post;
    expect(Object.keys(submit?.requestBody?.content ?? {}).sort()).toEqual([
      "application/json",
      "multipart/form-data",
    ]);
    for (const status of ["400", "413", "415", "429", "503"]) {
      expect(submit?.responses[status]?.content, status).toHaveProperty(["application/problem+json"]);
    }
  });

  it("names the headers that operations take", async () => {
    const { paths } = await describeApi();
    const headersOf = (path: string, method: string) =>
      paths[path]?.[method]?.parameters?.filter((one) => one.in === "header").map(({ name }) => name);
    expect(headersOf("/submit", "post")).toEqual(["Prefer", "Idempotency-Key"]);
    expect(headersOf("/status/{id}", "get")).toEqual(["Prefer", "If-None-Match"]);
    expect(headersOf("/logs/{id}/events", "get")).toEqual(["Last-Event-ID"]);
  });

  it("has a recursive model's parts among its components", async () => {
    const node = z.object({
      name: z.string(),
      get children() {
        return z.array(node);
      },
    });
    const app = createApp(z.object({ tree: node }), node);
    const response = await app.request("/openapi/openapi.json", {}, testEnv);
    const description = await response.json<Description>();
    expect(JSON.stringify(description)).not.toContain("$defs");
    const refs = refsIn(description);
    expect(refs.length).toBeGreaterThan(5);
    for (const ref of refs) expect([ref, targetOf(description, ref)]).toEqual([ref, expect.anything()]);
  });

  it("is the same as YAML", async () => {
    const response = await client.fetch("/openapi/schema");
    expect(response.headers.get("content-type")).toMatch(/yaml/);
    expect(parse(await response.text())).toEqual(await describeApi());
  });
});

describe("the page that shows it", () => {
  it("loads nothing from elsewhere, and its policy would not let it", async () => {
    const response = await client.fetch("/openapi");
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    const page = await response.text();
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address ?? "");
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses) expect(address).toMatch(/^openapi\/assets\/[a-z.-]+$/);
    const behind = await client.fetch("/openapi/", { redirect: "manual" });
    expect([behind.status, behind.headers.get("location")]).toEqual([302, "../openapi"]);
    expect(page).not.toMatch(/<script>|https?:\/\//);
  });

  it("finds its scripts, styles and icon here, and the description by its own address", async () => {
    const page = await (await client.fetch("/openapi")).text();
    for (const [, address = ""] of page.matchAll(/(?:src|href)="([^"]*)"/g)) {
      const response = await client.fetch(`/${address}`);
      expect([address, response.status]).toEqual([address, 200]);
      expect(response.headers.get("content-type")).toMatch(/javascript|css|image\/png/);
      await response.body?.cancel();
    }
    const script = await (await client.fetch("/openapi/assets/init.js")).text();
    expect(script).toContain('"openapi/openapi.json"');
    expect(script).not.toMatch(/https?:\/\//);
  });

  it("has no other files", async () => {
    for (const name of ["other.js", "..%2f..%2fwrangler.js", "init.ts", "swagger-ui.css.map"]) {
      expect((await client.fetch(`/openapi/assets/${name}`)).status).toBe(404);
    }
  });
});
