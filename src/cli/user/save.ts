import { constants, createWriteStream } from "node:fs";
import { access, mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";
import type { Download } from "../../client/index.ts";
import { CommandFailed, reasonOf } from "../failure.ts";

/** Where a file of this name goes below a folder. @throws CommandFailed for a name that leads out of it */
export const placeBelow = (folder: string, name: string): string => {
  const file = path.resolve(folder, name);
  if (file.startsWith(`${path.resolve(folder)}${path.sep}`)) return file;
  throw new CommandFailed(`The service named a file that lies outside of ${folder}; it was not written.`);
};

/** Makes a folder that is to be written to. @throws CommandFailed where that cannot be, before anything was done for it */
export const checkFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new CommandFailed(`Nothing can be written to ${folder}: ${reasonOf(error)}`);
  }
};

/** Writes a download to a file, which is whole or not there. */
export const saveTo = async (file: string, { body }: Download): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true });
  const part = `${file}.part`;
  try {
    await pipeline(Readable.fromWeb(body as NodeStream), createWriteStream(part));
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
};
