import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const isSame = async (file: string, content: Uint8Array): Promise<boolean> =>
  existsSync(file) && Buffer.compare(await readFile(file), content) === 0;

/**
 * Makes a folder hold these files, by their names, and no others. Who reads them meanwhile, such as another deploy
 * from the same clone, finds each whole: what is the same is left alone, what is not comes in one step.
 */
export const layDown = async (folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const aside = await mkdtemp(path.join(path.dirname(path.dirname(folder)), ".laying-"));
  try {
    for (const [name, content] of files) {
      const target = path.join(folder, name);
      if (await isSame(target, content)) continue;
      await writeFile(path.join(aside, name), content);
      await rename(path.join(aside, name), target);
    }
  } finally {
    await rm(aside, { recursive: true });
  }
  for (const name of await readdir(folder)) {
    if (!files.has(name)) await rm(path.join(folder, name), { recursive: true, force: true });
  }
};
