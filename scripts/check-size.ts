import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build, bundleFile } from "./lib/build.ts";
import { consoleFolder } from "./lib/console.ts";
import { optionsOf } from "./lib/usage.ts";

optionsOf("Usage: npm run check:size\n\nBuilds, and says how large the Worker and the console are.", {});

/** A third of what the platform takes on its free plan (3 MiB compressed), and a bound on start-up time. */
const limitBytes = 1024 * 1024;
/** All that the console loads: a page that opens at once on a slow line. */
const consoleLimitBytes = 250 * 1024;

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;

await build();
const bundle = await readFile(bundleFile);
const compressedBytes = gzipSync(bundle).length;
process.stdout.write(
  `Worker: ${kib(bundle.length)}, ${kib(compressedBytes)} compressed (limit ${kib(limitBytes)})\n`,
);
if (compressedBytes > limitBytes) process.exitCode = 1;

const files = await readdir(consoleFolder);
const sizes = await Promise.all(
  files.map(async (file) => gzipSync(await readFile(path.join(consoleFolder, file))).length),
);
const consoleBytes = sizes.reduce((total, bytes) => total + bytes, 0);
process.stdout.write(`Console: ${kib(consoleBytes)} compressed (limit ${kib(consoleLimitBytes)})\n`);
if (consoleBytes > consoleLimitBytes) process.exitCode = 1;
