import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { serviceSettings } from "../../../executor/config.ts";
import { root } from "../../../scripts/lib/local.ts";
import { workerConfig } from "../../../scripts/lib/worker-config.ts";
import { settings } from "../../../src/env.ts";
import { codeIn, namesIn, type Row, tableBelow } from "./support/page-tables.ts";

const page = "docs/configuration.md";
const worker = tableBelow(page, "The Worker's variables and secrets");
const executor = tableBelow(page, "The executor's variables");
const command = tableBelow(page, "The command's environment");

const kindOf = (schema: z.ZodType): string => schema.def.type;
const isBinding = (schema: z.ZodType): boolean =>
  kindOf(schema) === "custom" || (kindOf(schema) === "optional" && isBinding(innerOf(schema)));
const innerOf = (schema: z.ZodType): z.ZodType => {
  const { innerType, in: input } = schema.def as { innerType?: z.ZodType; in?: z.ZodType };
  return innerType ?? input ?? schema;
};

/** What the page should say of a setting that is left out. */
const defaultOf = (schema: z.ZodType): string => {
  const given = schema.def as { defaultValue?: unknown };
  if (kindOf(schema) === "default") return given.defaultValue === "" ? "none" : String(given.defaultValue);
  if (innerOf(schema) !== schema) return defaultOf(innerOf(schema));
  return schema.safeParse(undefined).success ? "none" : "(required)";
};

const optional = (schema: z.ZodType): boolean =>
  kindOf(schema) === "optional" || (innerOf(schema) !== schema && optional(innerOf(schema)));
const shownDefault = (schema: z.ZodType): string =>
  defaultOf(schema) === "(required)" && optional(schema) ? "none" : defaultOf(schema);

const defaultsIn = (rows: readonly Row[]): Record<string, string> =>
  Object.fromEntries(rows.map(([name, value]) => [codeIn(name), codeIn(value)]));

/** These depend on the machine, so the page says how. */
const computed = [
  "EXECUTOR_NAME",
  "EXECUTOR_SLOTS",
  "EXECUTOR_MEMORY_MB",
  "EXECUTOR_WARM",
  "EXECUTOR_KEY_FILE",
];

const vars = Object.entries(settings).filter(([, schema]) => !isBinding(schema));

const filesBelow = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(path.join(root, folder, name), "utf8"));

describe("the page of settings", () => {
  it("has every variable and secret of the Worker with its default, and no other", () => {
    const expected = Object.fromEntries(vars.map(([name, schema]) => [name, shownDefault(schema)]));
    expect(defaultsIn(worker)).toEqual({ ...expected, QUEUE_ROLES: "(required)" });
    expect(namesIn(worker)).toEqual(expect.arrayContaining(Object.keys(workerConfig().vars)));
  });

  it("calls those secrets that wrangler.toml keeps as such, and says where it ships another value", () => {
    const rows = new Map(worker.map((row) => [codeIn(row[0]), row]));
    for (const name of ["R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "EXECUTOR_KEY", "OPERATOR_TOKEN"])
      expect(rows.get(name)?.[2]).toContain("secret");
    for (const [name, value] of Object.entries(workerConfig().vars)) {
      const [, usual = "", , meaning = ""] = rows.get(name) ?? [];
      const isSaid = ["(required)", "none"].includes(usual) || codeIn(usual) === value;
      if (!isSaid) expect(meaning).toContain(`\`wrangler.toml\`: ${value}`);
    }
  });

  it("has every binding, and no other", () => {
    const { durable_objects, queues, d1_databases, r2_buckets, ratelimits, assets } = workerConfig();
    const bound = [...(queues.producers ?? []), ...d1_databases, ...r2_buckets].map(({ binding }) => binding);
    const named = [...durable_objects.bindings, ...(ratelimits ?? [])].map(({ name }) => name);
    const read = Object.entries(settings).flatMap(([name, schema]) => (isBinding(schema) ? [name] : []));
    const all = new Set([...bound, ...named, assets?.binding, ...read]);
    expect(namesIn(tableBelow(page, "The Worker's bindings"))).toEqual([...all].sort());
  });

  it("has every variable of the executor with its default, and no other", () => {
    const shown = defaultsIn(executor);
    const shape: Record<string, z.ZodType> = serviceSettings.shape;
    expect(Object.keys(shown).sort()).toEqual(Object.keys(shape).sort());
    for (const [name, schema] of Object.entries(shape))
      if (!computed.includes(name)) expect([name, shown[name]]).toEqual([name, shownDefault(schema)]);
  });

  it("has every variable that the command reads, and no other", () => {
    const used = filesBelow("src/cli").flatMap((text) =>
      [...text.matchAll(/\b(?:SANDPIPER|CLOUDFLARE|XDG|WRANGLER)_[A-Z_]+\b/g)].map(([name]) => name),
    );
    // What is only said to wrangler, in the environment that it gets.
    const told = new Set(["WRANGLER_LOG", "WRANGLER_SEND_METRICS"]);
    expect(namesIn(command)).toEqual([...new Set(used)].filter((name) => !told.has(name)).sort());
  });

  it("gives each setting a unit and a meaning", () => {
    for (const [, , unit = "", meaning = ""] of [...worker, ...executor, ...command]) {
      expect(unit.length).toBeGreaterThan(0);
      expect(meaning.length).toBeGreaterThan(5);
    }
  });
});
