import { ask, isRecord, type Json, recordsOf, textOf } from "./ask.ts";
import { loaded } from "./loaded.tsx";

/** The service's own description of what it takes; forms are made from it. */
export const description = loaded(async (signal) => (await ask("/openapi/openapi.json", { signal })).body);

const member = (value: unknown, ...path: string[]): unknown => {
  let at = value;
  for (const name of path) at = isRecord(at) ? at[name] : undefined;
  return at;
};

/** A schema itself where it is referred to by name. */
export const resolved = (document: Json, schema: unknown): Json => {
  if (!isRecord(schema)) return {};
  const name = textOf(schema.$ref).split("/").at(-1);
  if (name === undefined || name === "") return schema;
  return resolved(document, member(document, "components", "schemas", name));
};

/** The schema of an operation's JSON body. */
export const bodySchema = (document: Json, path: string, method: string): Json =>
  resolved(
    document,
    member(document, "paths", path, method, "requestBody", "content", "application/json", "schema"),
  );

/** The path of the operation with this id; null where the service has none. */
export const pathOf = (document: Json, operationId: string): string | null => {
  const paths = member(document, "paths");
  if (!isRecord(paths)) return null;
  const found = Object.entries(paths).find(
    ([, methods]) =>
      isRecord(methods) && Object.values(methods).some((one) => member(one, "operationId") === operationId),
  );
  return found?.[0] ?? null;
};

/** The values that a query parameter of a GET may have. */
export const queryChoices = (document: Json, path: string, name: string): string[] => {
  const parameters = recordsOf(member(document, "paths", path, "get", "parameters"));
  const choices = member(
    parameters.find((one) => one.name === name),
    "schema",
    "enum",
  );
  return Array.isArray(choices) ? choices.map(String) : [];
};

export type Part = {
  readonly name: string;
  readonly isRequired: boolean;
  readonly contentTypes: readonly string[];
};
export type WorkloadInfo = {
  readonly path: string;
  readonly summary: string;
  readonly parts: readonly Part[];
  readonly params: Json;
};

const partOf = (part: Json): Part => ({
  name: textOf(part.name),
  isRequired: part.required === true,
  contentTypes: Array.isArray(part.content_types)
    ? part.content_types.filter((one) => typeof one === "string")
    : [],
});

/** The workloads of this deployment: what has parts to upload. */
export const workloadsOf = (document: Json): WorkloadInfo[] => {
  const paths = member(document, "paths");
  if (!isRecord(paths)) return [];
  return Object.keys(paths)
    .filter((path) => Array.isArray(member(paths, path, "post", "x-parts")))
    .map((path) => ({
      path: path.slice(1),
      summary: textOf(member(paths, path, "post", "summary")).replace(/^Create a job: /, ""),
      parts: recordsOf(member(paths, path, "post", "x-parts")).map(partOf),
      params: bodySchema(document, path, "post"),
    }));
};
