import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build, bundleFile } from "./lib/build.ts";

/** A third of what the platform takes on its free plan (3 MiB compressed), and a bound on start-up time. */
const limitBytes = 1024 * 1024;

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;

await build();
const bundle = await readFile(bundleFile);
const compressedBytes = gzipSync(bundle).length;
process.stdout.write(
  `Worker: ${kib(bundle.length)}, ${kib(compressedBytes)} compressed (limit ${kib(limitBytes)})\n`,
);
if (compressedBytes > limitBytes) process.exitCode = 1;
