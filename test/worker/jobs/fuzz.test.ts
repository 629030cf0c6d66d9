import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { beforeAll, expect, inject, it } from "vitest";
import { z } from "zod";
import { createApp } from "../../../src/http/jobs/create-app.ts";
import { bodies, fitting, type JsonSchema, oddText } from "../../support/schema-arbitrary.ts";
import { Api } from "./support/app.ts";

const requests = inject("fuzzRequests");
/** With so many every answer comes often. */
const MANY = 2_000;

const request = z.object({
  title: z.string().min(1).max(30),
  kind: z.enum(["a", "b"]),
  size: z.int().min(0).max(100).default(3),
  ratio: z.number().min(0).max(1).nullable().optional(),
  tags: z.array(z.string().max(10)).max(5).optional(),
  labels: z.record(z.string(), z.int()).optional(),
  part: z.object({ id: z.uuid(), deep: z.object({ on: z.boolean() }).optional() }).optional(),
  anything: z.unknown().optional(),
  either: z.union([z.string(), z.int(), z.null()]).optional(),
});
const result = z.object({
  text: z.string(),
  result_count: z.int().nullable().optional(),
  rows: z.array(z.number()).optional(),
});
const settings = z.object({
  model: z.string().default("m"),
  limit: z.int().max(10).default(1),
  on: z.boolean().nullable().default(null),
});

type Operation = {
  readonly parameters?: { in: string; name: string; schema: JsonSchema }[];
  readonly requestBody?: { content: { "application/json": { schema: JsonSchema } } };
  readonly responses: Record<string, { content: { "application/json": { schema: JsonSchema } } }>;
};
type Document = {
  readonly components: { schemas: Record<string, JsonSchema> };
  readonly paths: Record<string, Record<string, Operation>>;
};
type Call = {
  readonly path: string;
  readonly method: string;
  readonly query: string;
  readonly headers: Record<string, string>;
  readonly id: string;
  readonly body: string | undefined;
};

const api = new Api(createApp(request, result, settings, { queue: "JOBS_QUEUE" }));
const known: string[] = [];
let document: Document;

const resolved = (schema: JsonSchema): JsonSchema => {
  const name = typeof schema.$ref === "string" ? schema.$ref.split("/").at(-1) : undefined;
  return name === undefined ? schema : (document.components.schemas[name] ?? {});
};

const headerText = fc.constantFrom('"1"', '"2"', "*", 'W/"1"', "", '"', '"1","2"', "x".repeat(3_000));

const parameterText = (schema: JsonSchema, name: string): fc.Arbitrary<string> => {
  const right = name.includes("datetime")
    ? fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") })
        .map((date) => date.toISOString())
    : name === "job_id"
      ? fc.array(fc.uuid({ version: 4 }), { minLength: 1, maxLength: 180 }).map((ids) => ids.join(","))
      : fitting(schema).map(String);
  return fc.oneof({ weight: 3, arbitrary: right }, { weight: 1, arbitrary: oddText });
};

const queries = (parameters: Operation["parameters"] = []): fc.Arbitrary<string> => {
  const inQuery = parameters.filter((parameter) => parameter.in === "query");
  const pairs = inQuery.map(({ name, schema }) =>
    fc
      .array(parameterText(schema, name), { maxLength: name === "job_id" ? 1 : 2, size: "-1" })
      .map((values) => values.map((value) => [name, value.toWellFormed()])),
  );
  return fc.tuple(fc.subarray(pairs.map((_, i) => i)), ...pairs).map(([chosen, ...all]) => {
    const params = new URLSearchParams(chosen.flatMap((i) => all[i] ?? []));
    return params.size === 0 ? "" : `?${params}`;
  });
};

const callsOf = (path: string, method: string, operation: Operation): fc.Arbitrary<Call> => {
  const schema = operation.requestBody?.content["application/json"].schema;
  const type = fc.oneof(
    { weight: 12, arbitrary: fc.constant("application/json") },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "",
        "text/plain",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "multipart/form-data",
      ),
    },
  );
  return fc.record({
    path: fc.constant(path),
    method: fc.constant(method.toUpperCase()),
    query: queries(operation.parameters),
    headers: fc
      .tuple(type, fc.option(headerText, { freq: 4, nil: undefined }))
      .map(([contentType, ifMatch]) => ({
        "content-type": contentType,
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
      })),
    id: fc.oneof(
      { weight: 4, arbitrary: fc.nat().map((n) => `known:${n}`) },
      {
        weight: 1,
        arbitrary: fc.oneof(
          fc.uuid({ version: 4 }),
          oddText.map((text) => text.toWellFormed()),
        ),
      },
    ),
    body: schema === undefined ? fc.constant(undefined) : bodies(resolved(schema)),
  });
};

const send = async ({ path, method, query, headers, id, body }: Call): Promise<Response> => {
  // One of them may have been deleted, and what is asked of the others is to be worth asking.
  if (method === "DELETE") known[0] = (await api.create({ title: "t", kind: "a" })).job_id;
  const at = method === "DELETE" ? 0 : Number(id.slice(6)) % known.length;
  const jobId = id.startsWith("known:") ? (known[at] ?? "") : id;
  const target = path.replace("{job_id}", encodeURIComponent(jobId) || "x") + query;
  return api.call(method, target, body, headers);
};

const validators = new Map<string, Validator>();

const validatorOf = (call: Call, status: number): Validator | "bare" | undefined => {
  const key = `${call.method} ${call.path} ${status}`;
  const present = validators.get(key);
  const declared = document.paths[call.path]?.[call.method.toLowerCase()]?.responses[status];
  if (present !== undefined || declared === undefined) return present;
  if (declared.content === undefined) return "bare";
  const { schema } = declared.content["application/json"];
  const validator = new Validator({ ...schema, components: document.components } as never, "2020-12");
  validators.set(key, validator);
  return validator;
};

beforeAll(async () => {
  document = await api.json<Document>("/openapi/openapi.json");
  for (let i = 0; i < 5; i += 1) known.push((await api.create({ title: "t", kind: "a" })).job_id);
});

it(`answers ${requests} generated requests without a 5xx, each as its description says`, async () => {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => callsOf(path, method, operation)),
  );
  const seen = new Map<number, number>();
  const property = fc.asyncProperty(fc.oneof(...operations), async (call) => {
    const response = await send(call);
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
    expect(response.status).toBeLessThan(500);
    const validator = validatorOf(call, response.status);
    const text = await response.text();
    if (validator === "bare") {
      expect(text).toBe("");
      return;
    }
    const body: unknown = JSON.parse(text);
    // A path that its id leads elsewhere is another operation's, or none.
    if (validator === undefined) expect([404, 405]).toContain(response.status);
    else expect(validator.validate(body).errors).toEqual([]);
  });
  await fc.assert(property, { numRuns: requests, seed: inject("fuzzSeed"), endOnFailure: true });
  if (requests < MANY) return;
  for (const status of [200, 201, 202, 404, 412, 415, 422]) expect(seen.get(status) ?? 0).toBeGreaterThan(20);
}, 240_000);
