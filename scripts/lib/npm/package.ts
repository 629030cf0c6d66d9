import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { root } from "../local.ts";
import { runTool } from "../tool.ts";
import { plainTypes, schemaModules } from "./plain-types.ts";

/** What `npm pack` takes beside the assets and the migrations. */
export const npmFolder = path.join(root, "dist/npm");

const at = (...names: string[]): string => path.join(npmFolder, ...names);

const common = {
  absWorkingDir: root,
  outdir: npmFolder,
  bundle: true,
  format: "esm",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  legalComments: "none",
  logLevel: "error",
  tsconfigRaw: {},
} as const;

/** The client needs nothing of any platform but what browsers, Workers and Node have in common. */
const buildClient = (): Promise<unknown> =>
  build({
    ...common,
    entryPoints: { client: "src/client/index.ts", jobs: "src/client/jobs.ts" },
    platform: "neutral",
    target: "es2022",
    minify: true,
  });

/** Packages stay outside: whoever installs this one installs them, once. */
const buildForNode = async (): Promise<void> => {
  const shared = { ...common, packages: "external", splitting: false, target: "es2023" } as const;
  await Promise.all([
    build({
      ...shared,
      entryPoints: { service: "src/deployer.ts" },
      external: ["cloudflare:*"],
      platform: "neutral",
    }),
    build({ ...shared, entryPoints: { cli: "src/cli/main.ts" }, platform: "node", target: "node20" }),
  ]);
  await chmod(at("cli.js"), 0o755);
};

/** Declarations name each other as the files that they are; compilers look for `.d.ts` behind `.js`. */
const nameBuiltFiles = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replaceAll(/((?:from |import\()"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'));
  }
};

/** Declarations of the client, in which what the schemas give is written out, so that they need no zod. */
const declareClient = async (): Promise<void> => {
  const all = at("types/all");
  await runTool("tsc", ["-p", "scripts/lib/npm/client.tsconfig.json", "--outDir", all]);
  await cp(path.join(all, "client"), at("types/client/client"), { recursive: true });
  for (const name of ["job-views", "log-socket"])
    await cp(path.join(all, `wire/${name}.d.ts`), at(`types/client/wire/${name}.d.ts`));
  for (const [name, schemas] of Object.entries(schemaModules))
    await writeFile(at(`types/client/wire/${name}.d.ts`), plainTypes(schemas));
  await rm(all, { recursive: true });
  await nameBuiltFiles(at("types/client"));
};

const declareService = async (): Promise<void> => {
  await runTool("tsc", ["-p", "scripts/lib/npm/service.tsconfig.json", "--outDir", at("types/service")]);
  await nameBuiltFiles(at("types/service"));
};

/** The settings of this deployment with the package's paths: what a deployer's project begins with. */
const writeSettings = async (): Promise<void> => {
  const text = await readFile(path.join(root, "wrangler.toml"), "utf8");
  const packaged = text
    .replace('main = "src/index.ts"', 'main = "src/service.ts"')
    // The package's assets are built; a deployer's project has nothing to build them from.
    .replace(/^# Lays down the assets.*\n\[build\]\ncommand = .*\n\n/m, "")
    .replace('directory = "dist/assets"', 'directory = "node_modules/sandpiper/dist/assets"')
    .replace('migrations_dir = "migrations"', 'migrations_dir = "node_modules/sandpiper/migrations"')
    .replace(
      'image = "./executor/Dockerfile"\nimage_build_context = "."',
      'image = "registry.cloudflare.com/ACCOUNT_ID/sandpiper-executor:VERSION"',
    );
  await writeFile(at("wrangler.toml"), packaged);
};

/** Builds the modules and declarations of the package into `dist/npm`. */
export const buildNpmPackage = async (): Promise<void> => {
  await rm(npmFolder, { recursive: true, force: true });
  await mkdir(at("types"), { recursive: true });
  await Promise.all([buildClient(), buildForNode(), declareClient(), declareService(), writeSettings()]);
};
