import type { z } from "zod";
import { schemaOf } from "../stored.ts";
import type { JsonText } from "./job.ts";

/** What the settings object keeps: the fields that were set, as JSON; all others follow the model's defaults. */
export type SettingsRecord = {
  readonly fields: JsonText;
  readonly updatedAtMs: number;
  readonly version: number;
};

export const settingsSchema = schemaOf<SettingsRecord>("the settings of typed jobs");

export const newSettings = (now: number): SettingsRecord => ({ fields: "{}", updatedAtMs: now, version: 1 });

/** Merges fields into the record; null when another change came first. */
export const mergeFields = (
  present: SettingsRecord,
  fields: JsonText,
  expectedVersion: number,
  now: number,
): SettingsRecord | null =>
  present.version === expectedVersion
    ? {
        fields: JSON.stringify({ ...JSON.parse(present.fields), ...JSON.parse(fields) }),
        updatedAtMs: now,
        version: present.version + 1,
      }
    : null;

/** Names of the settings fields that have no default. */
export const fieldsWithoutDefault = (model: z.ZodObject): string[] =>
  Object.entries(model.shape)
    .filter(([, field]) => !(field as z.ZodType).safeParse(undefined).success)
    .map(([name]) => name);

/** The stored fields that still fit the model; one that does not falls back to its default. */
export const fittingFields = (model: z.ZodObject, record: SettingsRecord): Record<string, unknown> => {
  const fields = JSON.parse(record.fields) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => {
      const field = Object.hasOwn(model.shape, name) ? (model.shape[name] as z.ZodType) : null;
      return field?.safeParse(value).success ?? false;
    }),
  );
};
