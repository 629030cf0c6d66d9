import fs, { readFile } from "node:fs/promises";
import path from "node:path";
import ignoring from "@balena/dockerignore";
import { projectRoot } from "./project.ts";

/** What no build is ever sent, and what nobody wants to walk through. */
const skipped = new Set(["node_modules", ".git", ".wrangler", ".sandpiper", "dist"]);

/** The files that an engine is sent for the image: what the root's `.dockerignore` leaves. Sorted, from the root. */
export const imageContext = async (): Promise<string[]> => {
  const ignored = ignoring.default().add(await readFile(path.join(projectRoot, ".dockerignore"), "utf8"));
  const entries = fs.glob("**/*", {
    cwd: projectRoot,
    withFileTypes: true,
    exclude: ({ name }) => skipped.has(name),
  });
  const files: string[] = [];
  for await (const entry of entries) {
    if (entry.isFile()) files.push(path.relative(projectRoot, path.join(entry.parentPath, entry.name)));
  }
  return ignored.filter(files).sort();
};
