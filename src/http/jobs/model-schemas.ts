import { z } from "@hono/zod-openapi";
import type { ObjectModel } from "./config.ts";

/** A JSON Schema as the description carries it; its keywords are checked by the document's own tests. */
type JsonSchema = { readonly [keyword: string]: unknown };

/** Schemas that stand among the description's components under these names. */
export type Components = Readonly<Record<string, JsonSchema>>;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const DEFINITION = /^#\/\$defs\/(.+)$/;

/** A component's name for a definition inside a model. */
const hoisted = (component: string, definition: string): string =>
  `${component}_${definition.replaceAll(/[^A-Za-z0-9]/g, "")}`;

/** References inside a model point to components once the model and its definitions are such. */
const rebased = (value: unknown, component: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => rebased(item, component));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (key !== "$ref" || typeof member !== "string") return [key, rebased(member, component)];
      const definition = DEFINITION.exec(member)?.[1];
      const name = definition === undefined ? component : hoisted(component, definition);
      return [key, `#/components/schemas/${name}`];
    }),
  );
};

/** A model for contracts, which stands among the components, and what it refers to as components of their own. */
export type ModelSchema = { readonly schema: z.ZodType; readonly definitions: Components };

/**
 * A deployer's model under a name. zod itself writes its JSON Schema: a model may refer to itself, which the
 * generator of the description cannot follow.
 */
export const modelSchema = (
  model: ObjectModel,
  io: "input" | "output",
  component: string,
  changed: (schema: JsonSchema) => JsonSchema = (schema) => schema,
): ModelSchema => {
  const { $schema: _dialect, $defs = {}, ...schema } = z.toJSONSchema(model, { io, unrepresentable: "any" });
  const definitions = Object.entries($defs).map(([name, definition]) => [
    hoisted(component, name),
    rebased(definition, component),
  ]);
  return {
    schema: z.object({}).openapi(component, changed(rebased(schema, component) as JsonSchema)),
    definitions: Object.fromEntries(definitions),
  };
};

/** The settings as answers have them: the model's members and when they were changed. */
export const settingsShown = (model: ObjectModel): ModelSchema =>
  modelSchema(model, "output", "JobSettings", (schema) => ({
    ...schema,
    properties: {
      ...(schema.properties as JsonSchema),
      updated_datetime: { type: "string", format: "date-time" },
    },
    required: [...((schema.required ?? []) as string[]), "updated_datetime"],
  }));

/** What a change of the settings may hold: each member, and the time of the last change, which says nothing. */
export const settingsPatch = (model: ObjectModel): ModelSchema =>
  modelSchema(model, "input", "JobSettingsPatch", ({ required: _required, ...schema }) => ({
    ...schema,
    properties: {
      ...(schema.properties as JsonSchema),
      updated_datetime: { type: ["string", "null"], readOnly: true },
    },
    additionalProperties: false,
  }));
