import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "./local.ts";

const sources = path.join(root, "src/console");

/** The console's files, as the Worker serves them. */
export const consoleFolder = path.join(root, "dist/assets/console");

/** Of a namespace object every member is kept, of a namespace import those that are used: most of zod goes. */
const leanZod: Plugin = {
  name: "lean-zod",
  setup: (bundler) => {
    bundler.onLoad({ filter: /\/src\/(wire|client)\/.*\.ts$/ }, async ({ path: file }) => {
      const text = await readFile(file, "utf8");
      const contents = text.replace('import { z } from "zod"', 'import * as z from "zod"');
      return { contents, loader: "ts" };
    });
  },
};

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
    plugins: [leanZod],
  });
  await copyFile(path.join(sources, "assets/icon.svg"), path.join(consoleFolder, "icon.svg"));
};
