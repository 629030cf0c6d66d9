import { z } from "zod";
import * as holder from "../../../src/wire/holder-answers.ts";
import * as answers from "../../../src/wire/run-answers.ts";
import * as frames from "../../../src/wire/run-frames.ts";
import * as submission from "../../../src/wire/run-submission.ts";
import * as service from "../../../src/wire/service-answers.ts";
import { jobMessage } from "../../../src/wire/typed-jobs.ts";

type Schemas = Readonly<Record<string, unknown>>;

/** The modules of `src/wire` whose types the client shows, and the schemas that those are made from. */
export const schemaModules: Readonly<Record<string, Schemas>> = {
  "holder-answers": holder,
  "run-answers": answers,
  "run-frames": frames,
  "run-submission": submission,
  "service-answers": service,
  "typed-jobs": { jobMessage },
};

type Json = z.core.JSONSchema.BaseSchema;

const isSchema = (value: unknown): value is z.ZodType => value instanceof z.ZodType;
const quoted = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));
const unionOf = (types: readonly string[]): string => [...new Set(types)].join(" | ");

const schemaOf = (schema: z.core.JSONSchema._JSONSchema): Json => (typeof schema === "boolean" ? {} : schema);

const membersOf = ({ properties = {}, required = [], additionalProperties }: Json): string => {
  const members = Object.entries(properties).map(([name, schema]) => {
    const type = typeText(schemaOf(schema));
    return required.includes(name) ? `${quoted(name)}: ${type};` : `${quoted(name)}?: ${type} | undefined;`;
  });
  if (typeof additionalProperties === "object")
    members.push(`[name: string]: ${typeText(additionalProperties)};`);
  return members.length === 0 ? "Record<string, never>" : `{ ${members.join(" ")} }`;
};

/** The TypeScript of a JSON Schema, as zod writes those. @throws Error about a form that it does not know */
const typeText = (schema: Json): string => {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return unionOf(schema.enum.map((value) => JSON.stringify(value)));
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts !== undefined) return unionOf(parts.map((part) => typeText(schemaOf(part))));
  if (Array.isArray(schema.type)) return unionOf(schema.type.map((type) => typeText({ ...schema, type })));
  switch (schema.type) {
    case undefined:
      return "unknown";
    case "string":
    case "boolean":
    case "null":
    case "number":
      return schema.type;
    case "integer":
      return "number";
    case "array": {
      const { items } = schema;
      if (typeof items !== "object" || Array.isArray(items))
        throw new Error("an array without one form of items");
      return `(${typeText(items as Json)})[]`;
    }
    case "object":
      return membersOf(schema);
    default:
      throw new Error(`no TypeScript is known for ${JSON.stringify(schema.type)}`);
  }
};

const typeName = (name: string): string => `${name[0]?.toUpperCase() ?? ""}${name.slice(1)}`;

/** Declarations of the types that a module's schemas parse to, `RunReport` for `runReport`, on their own. */
export const plainTypes = (schemas: Schemas): string =>
  Object.entries(schemas)
    .filter((entry): entry is [string, z.ZodType] => isSchema(entry[1]))
    .map(([name, schema]) => {
      const json = z.toJSONSchema(schema, { io: "output", unrepresentable: "any", reused: "inline" });
      return `export type ${typeName(name)} = ${typeText(json)};\n`;
    })
    .join("");
