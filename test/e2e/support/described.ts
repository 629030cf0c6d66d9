import { Validator } from "@cfworker/json-schema";
import type { JsonSchema } from "../../support/schema-arbitrary.ts";

type Content = Readonly<Record<string, { readonly schema?: JsonSchema; readonly example?: unknown }>>;

export type DescribedOperation = {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[];
  readonly parameters: readonly { in: string; name: string; schema: JsonSchema }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};

/** The service's own description, as far as tests need it. */
export type Described = {
  readonly components: unknown;
  readonly operations: readonly DescribedOperation[];
  readonly validators: Map<string, Validator>;
};

/** Reads the description that the service at `url` gives of itself. */
export const describedAt = async (url: string): Promise<Described> => {
  const response = await fetch(`${url}/openapi/openapi.json`);
  const { paths, components } = (await response.json()) as {
    components: unknown;
    paths: Record<string, Record<string, Omit<DescribedOperation, "method" | "path">>>;
  };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      ...operation,
      parameters: operation.parameters ?? [],
      method: method.toUpperCase(),
      path,
    })),
  );
  return { components, operations, validators: new Map() };
};

/** How often references inside one another are followed. */
const REFERENCES = 6;

const componentAt = (document: Described, reference: string): unknown =>
  reference
    .split("/")
    .slice(2)
    .reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      document.components,
    );

/** A schema with what it refers to in place, as deep as an arbitrary needs it. */
export const resolvedOf = (document: Described, schema: JsonSchema, depth = REFERENCES): JsonSchema => {
  const resolve = (value: unknown, left: number): unknown => {
    if (Array.isArray(value)) return value.map((item) => resolve(item, left));
    if (typeof value !== "object" || value === null) return value;
    const { $ref: reference } = value as { $ref?: unknown };
    if (typeof reference === "string")
      return left === 0 ? {} : resolve(componentAt(document, reference), left - 1);
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolve(member, left)]));
  };
  return resolve(schema, depth) as JsonSchema;
};

const typeOf = (response: Response): string =>
  (response.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";

const isJson = (type: string): boolean => /^application\/(?:[\w.-]+\+)?json$/.test(type);

/** Why an answer is not as the description says; null where it is. */
export const misfitOf = (
  document: Described,
  operation: DescribedOperation,
  response: Response,
  text: string,
): string | null => {
  const declared = operation.responses[response.status];
  if (declared === undefined) return `${response.status} is not declared`;
  const type = typeOf(response);
  if (declared.content === undefined) return null;
  const content = declared.content[type] ?? declared.content["*/*"];
  const schema = content?.schema;
  if (content === undefined) return `${response.status} with ${type} is not declared`;
  if (schema === undefined || !isJson(type)) return null;
  const key = `${operation.method} ${operation.path} ${response.status} ${type}`;
  const validator =
    document.validators.get(key) ??
    new Validator({ ...schema, components: document.components } as never, "2020-12");
  document.validators.set(key, validator);
  const { valid, errors } = validator.validate(JSON.parse(text));
  return valid ? null : `${key} does not fit: ${JSON.stringify(errors.slice(-2))}`;
};
