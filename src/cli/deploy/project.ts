import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import { CommandFailed } from "../failure.ts";

const nearest = (folder: string): string | null => {
  if (existsSync(path.join(folder, "wrangler.toml"))) return folder;
  const above = path.dirname(folder);
  return above === folder ? null : nearest(above);
};

/** The clone that a deployment is made from; built or from source, this file lies in it. */
export const projectRoot = nearest(import.meta.dirname) ?? process.cwd();

const queue = z.object({ queue: z.string() });

/** What of `wrangler.toml` a deployment names anew; all else passes as it is. */
const schema = z.looseObject({
  name: z.string(),
  main: z.string(),
  vars: z.record(z.string(), z.unknown()),
  rules: z.array(z.unknown()),
  secrets: z.object({ required: z.array(z.string()) }),
  build: z.looseObject({ command: z.string() }),
  assets: z.looseObject({ directory: z.string() }),
  d1_databases: z.tuple([
    z.looseObject({ binding: z.string(), database_name: z.string(), migrations_dir: z.string() }),
  ]),
  r2_buckets: z.tuple([z.looseObject({ binding: z.string(), bucket_name: z.string() })]),
  durable_objects: z.object({
    bindings: z.array(z.looseObject({ name: z.string(), class_name: z.string() })),
  }),
  migrations: z.array(z.looseObject({ tag: z.string() })).min(1),
  containers: z.array(
    z.looseObject({ class_name: z.string(), image: z.string(), image_build_context: z.string() }),
  ),
  queues: z.object({
    producers: z.array(queue.extend({ binding: z.string() }).loose()),
    consumers: z.array(queue.extend({ dead_letter_queue: z.string().optional() }).loose()),
  }),
  triggers: z.object({ crons: z.array(z.string()) }),
});

/** A `wrangler.toml`, as an object. */
export type WorkerConfig = z.infer<typeof schema>;

/** @throws CommandFailed where this is no clone, or the file has not what a deployment needs. */
export const readConfig = (): WorkerConfig => {
  const file = path.join(projectRoot, "wrangler.toml");
  // A project that only has the package has settings too, but nothing to build an executor from.
  if (!existsSync(file) || !existsSync(path.join(projectRoot, "executor/Dockerfile")))
    throw new CommandFailed(
      "A deployment is made from a clone of the project: run this in one, by npm run sandpiper -- ... " +
        "A project of your own with the package is deployed by wrangler: docs/clients.md.",
    );
  const parsed = schema.safeParse(parse(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path: at, message }) => `${at.join(".")}: ${message}`);
  throw new CommandFailed(`wrangler.toml lacks what a deployment needs. ${problems.join("; ")}`);
};

/** The version of this release. */
export const releaseVersion = (): string =>
  z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(path.join(projectRoot, "package.json"), "utf8"))).version;
