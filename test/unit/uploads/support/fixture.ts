/// <reference types="node" />
import { readFile } from "node:fs/promises";

/** An archive that a real tool made; `fixtures/README.md` says how. */
export const fixture = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(`${import.meta.dirname}/../fixtures/${name}`));
