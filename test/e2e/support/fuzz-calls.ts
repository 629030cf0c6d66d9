import fc from "fast-check";
import { bodies, fitting, type JsonSchema, oddText } from "../../support/schema-arbitrary.ts";
import { type Described, type DescribedOperation, resolvedOf } from "./described.ts";

/** One request to an operation of the description. */
export type FuzzCall = {
  readonly operation: DescribedOperation;
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: string | FormData | undefined;
};

/** What the requests may name that is there: ids by the parameter of the path, and credentials. */
export type Known = {
  readonly ids: Readonly<Record<string, readonly string[]>>;
  readonly credentials: readonly string[];
};

const headerValues: Readonly<Record<string, fc.Arbitrary<string>>> = {
  Prefer: fc.constantFrom(
    ...["wait=0", "wait=-1", "wait=abc", "wait=1", "respond-async", "wait=1, wait=2", "wait=", "WAIT=1"],
  ),
  "Idempotency-Key": fc.oneof(fc.uuid(), fc.constantFrom("a", "", " ", "x".repeat(256), "\u00e9")),
  "If-None-Match": fc.constantFrom("*", '"v1"', 'W/"v3"', "v3", '"', '"a","b"', "x".repeat(3_000)),
  "If-Match": fc.constantFrom("*", '"1"', 'W/"1"', ""),
  "Last-Event-ID": fc.constantFrom("0", "1", "-1", "end", "1e9", "999999999999999999999", "", "\u00e9"),
};
const anyHeader = fc.constantFrom("", "x", "\u00e9", "y".repeat(3_000));

const contentTypes = fc.oneof(
  { weight: 10, arbitrary: fc.constant("application/json") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        "",
        "text/plain",
        "application/json;charset=latin1",
        "APPLICATION/JSON",
        "application/problem+json",
      ],
      ...[
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded",
        "a/b/c",
      ],
    ),
  },
);

const names = fc.oneof(
  fc.constantFrom(
    "main.py",
    "run.sh",
    "a/b.txt",
    "../x",
    "/etc/passwd",
    "данные.csv",
    "CON",
    "a.tar.gz",
    "..",
  ),
  fc.string({ unit: "grapheme", maxLength: 20 }),
);

const forms = (manifest: fc.Arbitrary<string>): fc.Arbitrary<FormData> =>
  fc
    .record({
      files: fc.array(fc.tuple(names, fc.uint8Array({ maxLength: 200 })), { maxLength: 4 }),
      manifest: fc.option(manifest),
    })
    .map(({ files, manifest: text }) => {
      const form = new FormData();
      for (const [name, bytes] of files) form.append("files", new Blob([bytes]), name);
      if (text !== null) form.append("manifest", text.slice(0, 20_000));
      return form;
    });

const queriesOf = ({ parameters }: DescribedOperation): fc.Arbitrary<string> => {
  const values = parameters
    .filter((one) => one.in === "query")
    .map(({ name, schema }) =>
      fc
        .oneof({ weight: 3, arbitrary: fitting(schema).map(String) }, { weight: 1, arbitrary: oddText })
        .map((text): [string, string] => [name, text.toWellFormed()]),
    );
  const pairs = fc.tuple(...values, fc.tuple(fc.string(), oddText)).map((all) => all as [string, string][]);
  return fc.tuple(pairs, fc.nat()).map(([all, chosen]) => {
    const taken = all.filter((_, index) => ((chosen >> index) & 3) === 1);
    const text = new URLSearchParams(
      taken.map(([name, value]): [string, string] => [name, value.toWellFormed()]),
    ).toString();
    return text === "" ? "" : `?${text}`;
  });
};

const pathsOf = ({ path }: DescribedOperation, { ids }: Known): fc.Arbitrary<string> => {
  const parts = path.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) return fc.constant(part);
    const present = ids[name] ?? [];
    const odd = oddText.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 3_000) || "x");
    const known = present.length === 0 ? odd : fc.constantFrom(...present);
    return fc.oneof(
      { weight: 4, arbitrary: known },
      { weight: 1, arbitrary: known.map((id) => id.toUpperCase()) },
      { weight: 1, arbitrary: odd },
      { weight: 1, arbitrary: fc.constantFrom(`job-${"0".repeat(32)}`, "%", "%ff", "..%2f", "a/", "%00") },
    );
  });
  const ending = fc.oneof({ weight: 12, arbitrary: fc.constant("") }, fc.constantFrom("/", "//", "?", ";x"));
  return fc.tuple(...parts, ending).map((all) => all.join(""));
};

const headersOf = ({ parameters }: DescribedOperation, { credentials }: Known) => {
  const declared = parameters.filter((one) => one.in === "header");
  const fields = Object.fromEntries(
    declared.map(({ name }) => [name.toLowerCase(), headerValues[name] ?? anyHeader]),
  );
  const authorization = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...credentials) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("Bearer", "Bearer spk_nobody", "Basic !!!", "\u00e9", "x".repeat(2_000)),
    },
  );
  return fc.record(
    {
      ...fields,
      authorization,
      "cf-connecting-ip": fc.constantFrom("192.0.2.1", "192.0.2.2", "2001:db8::1"),
    },
    { requiredKeys: ["authorization", "cf-connecting-ip"] },
  );
};

const bodiesOf = (document: Described, operation: DescribedOperation) => {
  const content = operation.requestBody?.content;
  if (content === undefined) return fc.constant({ type: undefined, body: undefined });
  const schemaOf = (type: string): JsonSchema => resolvedOf(document, content[type]?.schema ?? {});
  const json = fc.record({ type: contentTypes, body: bodies(schemaOf("application/json")) });
  if (content["multipart/form-data"] === undefined) return json;
  const form = forms(bodies(schemaOf("application/json"))).map((body) => ({ type: undefined, body }));
  return fc.oneof(json, form);
};

/** Requests to one operation: right ones, nearly right ones, and odd ones. */
export const callsOf = (
  document: Described,
  operation: DescribedOperation,
  known: Known,
): fc.Arbitrary<FuzzCall> =>
  fc
    .record({
      path: pathsOf(operation, known),
      query: queriesOf(operation),
      headers: headersOf(operation, known),
      sent: bodiesOf(document, operation),
    })
    .map(({ path, query, headers, sent }) => ({
      operation,
      target: path.includes("?") ? path : path + query,
      headers: {
        ...(headers as Record<string, string>),
        ...(sent.type === undefined ? {} : { "content-type": sent.type }),
      },
      body: sent.body,
    }));
