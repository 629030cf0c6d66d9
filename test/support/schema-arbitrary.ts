import fc from "fast-check";

declare module "vitest" {
  interface ProvidedContext {
    /** How many generated requests each face gets. */
    fuzzRequests: number;
    fuzzSeed: number;
  }
}

export type JsonSchema = { readonly [keyword: string]: unknown };

const asSchema = (value: unknown): JsonSchema => (value ?? {}) as JsonSchema;

const stringOf = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  if (schema.format === "uuid") return fc.uuid({ version: 4 });
  if (schema.format === "date-time" || schema.format === "date")
    return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (schema.format === "uri") return fc.webUrl();
  const minLength = Number(schema.minLength ?? 0);
  return fc.string({
    minLength,
    maxLength: Math.max(minLength, Math.min(40, Number(schema.maxLength ?? 40))),
    unit: "grapheme",
  });
};

const objectOf = (schema: JsonSchema, depth: number): fc.Arbitrary<unknown> => {
  const properties = Object.entries(asSchema(schema.properties));
  const required = new Set((schema.required as string[] | undefined) ?? []);
  const fields = Object.fromEntries(
    properties.map(([name, field]) => [name, fitting(asSchema(field), depth - 1)]),
  );
  return fc.record(fields, {
    requiredKeys: properties.map(([name]) => name).filter((name) => required.has(name)),
  });
};

const typed = (type: unknown, schema: JsonSchema, depth: number): fc.Arbitrary<unknown> => {
  switch (type) {
    case "string":
      return stringOf(schema);
    case "integer": {
      const min = Number(schema.minimum ?? -1_000);
      return fc.maxSafeInteger().map((any) => {
        const max = Number(schema.maximum ?? Math.max(min, 0) + 1_000);
        return min + (Math.abs(any) % (max - min + 1));
      });
    }
    case "number":
      return fc.double({
        min: Number(schema.minimum ?? -1e6),
        max: Number(schema.maximum ?? 1e6),
        noNaN: true,
      });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return depth <= 0
        ? fc.constant([])
        : fc.array(fitting(asSchema(schema.items), depth - 1), { maxLength: 4 });
    case "object":
      return schema.properties === undefined
        ? fc.dictionary(fc.string(), fitting(asSchema(schema.additionalProperties), depth - 1), {
            maxKeys: 4,
          })
        : objectOf(schema, depth);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
};

/** Values that fit a schema, as far as its common keywords say. */
export const fitting = (schema: JsonSchema, depth = 4): fc.Arbitrary<unknown> => {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if ("const" in schema) return fc.constant(schema.const);
  const variants = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
  if (variants !== undefined) return fc.oneof(...variants.map((variant) => fitting(variant, depth)));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => typed(type, schema, depth)));
  return typed(schema.type, schema, depth);
};

/** Text for a place where a client writes something simple. */
export const oddText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(
    ...[
      "",
      "null",
      "100.0",
      "-1",
      "1e2",
      "queued,error",
      "2025-13-01",
      "2025-01-01T00:00:00 09:00",
      "%00",
      "../",
    ],
    ...[
      "WzEsIngiXQ",
      "0".repeat(5_000),
      "true",
      "[object Object]",
      "__proto__",
      "e\u0301",
      "💾",
      "a b+c",
      "٣",
    ],
  ),
);

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    "",
    "\u0000",
    "\ud800",
    "__proto__",
    1e308,
    -0,
    2 ** 53,
    [],
    {},
    "null",
    "日本🗾",
  ),
  fc.integer({ min: 1, max: 20_000 }).map((length) => "x".repeat(length)),
);

/** Values that fit but for one field that is missing, extra, or of another kind. */
const nearly = (schema: JsonSchema): fc.Arbitrary<unknown> =>
  fc.tuple(fitting(schema), fc.nat(2), fc.nat(), fc.string(), odd).map(([value, change, at, name, other]) => {
    if (typeof value !== "object" || value === null) return other;
    const entries = Object.entries(value);
    const [key] = entries[at % Math.max(1, entries.length)] ?? [name];
    if (change === 0) return Object.fromEntries(entries.filter(([present]) => present !== key));
    return Object.fromEntries([...entries, [change === 1 ? name : key, other]]);
  });

/** Texts that readers of JSON disagree about. */
const strangeJson = [
  ...[
    "",
    "[]",
    "null",
    "1e999",
    '{"a":1,"a":2}',
    "\ufeff{}",
    "[".repeat(3_000),
    "{} {}",
    "{'a':1}",
    '"\\ud800"',
  ],
  ...[
    '{"__proto__":{"x":1}}',
    '{"constructor":{"prototype":1}}',
    '{"code":"1","n":[9007199254740993]}',
    "NaN",
    "-0",
  ],
  `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`,
  `${"[".repeat(10_000)}${"]".repeat(10_000)}`,
  `{"code":"1","env":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}`,
];

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Bodies for a schema as text: right ones, nearly right ones, other JSON, and no JSON at all. */
export const bodies = (schema: JsonSchema): fc.Arbitrary<string> => {
  const json = fc
    .oneof(
      { weight: 3, arbitrary: fitting(schema) },
      { weight: 4, arbitrary: nearly(schema) },
      { weight: 1, arbitrary: odd },
    )
    .map((value) => JSON.stringify(value) ?? "");
  return fc.oneof(
    { weight: 12, arbitrary: json },
    { weight: 2, arbitrary: json.map(base64) },
    { weight: 1, arbitrary: json.map((text) => text.slice(0, -1)) },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    { weight: 1, arbitrary: fc.constantFrom(...strangeJson) },
  );
};
