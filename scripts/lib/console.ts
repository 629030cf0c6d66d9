import { copyFile, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { root } from "./local.ts";

const sources = path.join(root, "src/console");

/** The console's files, as the Worker serves them. */
export const consoleFolder = path.join(root, "dist/assets/console");

/** Bundles the console, a script and a style sheet, into the assets. */
export const buildConsole = async (): Promise<void> => {
  await rm(consoleFolder, { recursive: true, force: true });
  await mkdir(consoleFolder, { recursive: true });
  await build({
    entryPoints: { main: path.join(sources, "main.tsx"), style: path.join(sources, "style/main.css") },
    entryNames: "[name]",
    outdir: consoleFolder,
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
  await copyFile(path.join(sources, "assets/icon.svg"), path.join(consoleFolder, "icon.svg"));
};
