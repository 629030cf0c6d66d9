import type { JsonSchema } from "../../support/schema-arbitrary.ts";
import { type Described, type DescribedOperation, resolvedOf } from "./described.ts";

const FORMATS: Readonly<Record<string, string>> = {
  uuid: "3fa85f64-5717-4562-b3fc-2c963f66afa6",
  "date-time": "2026-01-01T00:00:00.000Z",
  uri: "https://example.com/",
};

const objectOf = (schema: JsonSchema): unknown =>
  Object.fromEntries(
    Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
      .filter(([, member]) => member.readOnly !== true)
      .map(([name, member]) => [name, filledFor(member)]),
  );

/** What the page that shows the description writes into its form for a schema. */
const filledFor = (schema: JsonSchema): unknown => {
  const [first] = (schema.examples as unknown[] | undefined) ?? [];
  const given = schema.example ?? first ?? schema.default ?? schema.const;
  if (given !== undefined) return given;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const [variant] = (schema.anyOf ?? schema.oneOf ?? []) as JsonSchema[];
  if (variant !== undefined) return filledFor(variant);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object") return objectOf(schema);
  if (type === "array") return [filledFor((schema.items ?? {}) as JsonSchema)];
  if (type === "string") return FORMATS[String(schema.format)] ?? "string";
  if (type === "boolean") return true;
  return type === "integer" || type === "number" ? (schema.minimum ?? 0) : null;
};

/** The JSON body that "Try it out" sends untouched; null where an operation takes none. */
export const untouchedBody = (document: Described, { requestBody }: DescribedOperation): unknown => {
  const content = requestBody?.content["application/json"];
  if (content === undefined) return null;
  return content.example ?? filledFor(resolvedOf(document, content.schema ?? {}));
};
