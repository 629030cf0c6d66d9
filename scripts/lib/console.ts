import { readFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { layDown } from "./lay-down.ts";
import { root } from "./local.ts";

const sources = path.join(root, "src/console");

/** The console's files, as the Worker serves them. */
export const consoleFolder = path.join(root, "dist/assets/console");

/** Bundles the console, a script and a style sheet, into the assets. */
export const buildConsole = async (): Promise<void> => {
  const { outputFiles } = await build({
    entryPoints: { main: path.join(sources, "main.tsx"), style: path.join(sources, "style/main.css") },
    entryNames: "[name]",
    outdir: consoleFolder,
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome123", "firefox121", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    tsconfigRaw: {},
    legalComments: "none",
    logLevel: "error",
  });
  const bundled = outputFiles.map(({ path: file, contents }) => [path.basename(file), contents] as const);
  const icon = await readFile(path.join(sources, "assets/icon.svg"));
  await layDown(consoleFolder, new Map([...bundled, ["icon.svg", icon]]));
};
