import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { environmentName, interpreter } from "../../src/wire/vocabulary.ts";

/** `executor/environments/<name>/manifest.json`: what an environment is to hold. */
export const manifest = z.strictObject({
  description: z.string().max(500),
  interpreters: z.array(interpreter).min(1),
  /** Debian packages by name; what they depend on comes along. */
  debianPackages: z.array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/)).min(1),
  /** What its programs are to find in their environment, unless a job says otherwise. */
  variables: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), z.string()).default({}),
});
export type Manifest = z.infer<typeof manifest>;

/** `<environments folder>/<name>/environment.json`: what was built. */
export const builtEnvironment = z.strictObject({
  description: z.string().max(500),
  interpreters: z.array(interpreter),
  variables: z.record(z.string(), z.string()),
  /** The packages asked for, with their versions. */
  packages: z.array(z.string()),
  diskBytes: z.int().nonnegative(),
  /** Search paths, relative to the layer's root. */
  pythonPath: z.array(z.string()),
  /** What Node is to find as `/node_modules`. */
  nodeModules: z.string().nullable().default(null),
  path: z.array(z.string()),
  libraryPath: z.array(z.string()),
});
export type BuiltEnvironment = z.infer<typeof builtEnvironment>;

/** Layers are built where the machine keeps what it can make again; the image has its own place. */
export const DEFAULT_ENVIRONMENTS_FOLDER = "/var/cache/sandpiper/environments";
/** Where a job finds its environment; text files of a layer may name it. */
export const layerTarget = (name: string): string => `/opt/environments/${name}`;

const ownFolder = new URL(".", import.meta.url).pathname;

/** Every environment that can be built, by name; a wrong manifest throws. */
export const readManifests = (): ReadonlyMap<string, Manifest> =>
  new Map(
    readdirSync(ownFolder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => {
        const text = readFileSync(join(ownFolder, name, "manifest.json"), "utf8");
        return [environmentName.parse(name), manifest.parse(JSON.parse(text))];
      }),
  );
