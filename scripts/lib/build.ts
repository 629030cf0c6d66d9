import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { glob, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { buildConsole } from "./console.ts";
import { layDown } from "./lay-down.ts";
import { root } from "./local.ts";
import { runWrangler } from "./wrangler.ts";

/** The bundle, as wrangler would upload it. */
export const bundleFile = path.join(root, "dist/worker/index.js");

const stampFile = path.join(root, "dist/inputs.sha256");
const inputs = [
  "src/**/*.ts",
  "src/console/**/*.{tsx,css,svg}",
  "src/**/*.py",
  "durable/**/*.ts",
  "scripts/assets/*",
  "scripts/lib/{build,console,lay-down}.ts",
  "wrangler.toml",
  "tsconfig.json",
  "package-lock.json",
];

const swaggerFiles: Record<string, string> = {
  "swagger-ui-bundle.js": "node_modules/swagger-ui-dist/swagger-ui-bundle.js",
  "swagger-ui.css": "node_modules/swagger-ui-dist/swagger-ui.css",
  "icon.png": "node_modules/swagger-ui-dist/favicon-32x32.png",
  "init.js": "scripts/assets/swagger-init.js",
};

const inputsHash = async (): Promise<string> => {
  const hash = createHash("sha256");
  const files = await Array.fromAsync(glob(inputs, { cwd: root }));
  for (const file of files.sort()) {
    const content = await readFile(path.join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
};

const isBuilt = async (hash: string): Promise<boolean> =>
  existsSync(bundleFile) && existsSync(stampFile) && (await readFile(stampFile, "utf8")) === hash;

/** Lays Swagger UI and the console into `dist/assets`, from where the Worker serves them. */
export const buildAssets = async (): Promise<void> => {
  const swagger = Object.entries(swaggerFiles).map(
    async ([name, source]) => [name, await readFile(path.join(root, source))] as const,
  );
  await layDown(path.join(root, "dist/assets/swagger"), new Map(await Promise.all(swagger)));
  await buildConsole();
};

/** Programs that the bundle imports as text; wrangler lays them beside it. */
export const bundledTexts = (): Promise<string[]> =>
  Array.fromAsync(glob("*.py", { cwd: path.dirname(bundleFile) }), (name) =>
    path.join(path.dirname(bundleFile), name),
  );

/** Bundles the Worker and its assets into `dist`, unless neither their sources nor packages changed. */
export const build = async (): Promise<{ readonly rebuilt: boolean }> => {
  const hash = await inputsHash();
  if (await isBuilt(hash)) return { rebuilt: false };
  await rm(stampFile, { force: true });
  // The texts' names hold their hashes, so older ones would stay.
  await rm(path.dirname(bundleFile), { recursive: true, force: true });
  // It builds the assets as well, by the build command in wrangler.toml.
  await runWrangler([
    "deploy",
    "--dry-run",
    "--containers-rollout=none",
    "--outdir",
    path.dirname(bundleFile),
  ]);
  await writeFile(stampFile, hash);
  return { rebuilt: true };
};
