import { createHash } from "node:crypto";
import type { Input } from "../src/wire/attempt.ts";
import { relativePath } from "./archive-path.ts";
import { entryPath, type LaidOut, readWholeBlob } from "./prepare.ts";
import type { PlainFile } from "./sandbox/launcher.ts";
import { createScriptCheck } from "./shell-script.ts";
import { readTar } from "./tar.ts";

/** The launcher reads its orders byte by byte: beyond this, starting tar costs less. */
const PLAIN_BYTES = 4 * 1024;
const PLAIN_FILES = 8;
/** An archive of that little content, as base64; anything longer is not even looked into. */
const PLAIN_MESSAGE_CHARS = 64 * 1024;

const neverAborted = new AbortController().signal;

const readWhole = async (content: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** An input's files, or null when one of them needs an archive. */
const plainFiles = async (input: Input): Promise<readonly PlainFile[] | null> => {
  const bytes = await readWholeBlob(input.blob, neverAborted);
  if (input.kind === "file") {
    const name = relativePath(input.path);
    return name === null ? null : [{ name, content: bytes }];
  }
  if (input.executables !== undefined) return null;
  const files: PlainFile[] = [];
  for await (const entry of readTar([bytes], "utf8")) {
    const name = entryPath(entry, input.stripComponents);
    if (name === null) continue;
    if (entry.type !== "file" || (entry.mode & 0o100) !== 0 || files.length >= PLAIN_FILES) return null;
    files.push({ name, content: await readWhole(entry.content) });
  }
  return files;
};

const isPlain = (files: readonly PlainFile[]): boolean =>
  files.length <= PLAIN_FILES &&
  new Set(files.map(({ name }) => name)).size === files.length &&
  files.every(({ name, content }) => !name.includes("/") && !content.includes(0)) &&
  files.reduce((sum, { content }) => sum + content.length, 0) <= PLAIN_BYTES;

const isUsable = (files: readonly PlainFile[], script: string | null): boolean =>
  files.every(({ name, content }) => {
    if (name !== script) return true;
    const check = createScriptCheck();
    check.take(content);
    return !check.isForeign();
  });

/**
 * The inputs as a few small text files at the top of the job's folder, which is what most short jobs have, or
 * null: then they travel as an archive. What is malformed is null too, and is found there.
 */
export const readPlainInputs = async (
  inputs: readonly Input[],
  script: string | null,
): Promise<readonly PlainFile[] | null> => {
  const files: PlainFile[] = [];
  for (const input of inputs) {
    if (input.blob.kind !== "inline" || input.blob.base64.length > PLAIN_MESSAGE_CHARS) return null;
    const found = await plainFiles(input).catch(() => null);
    if (found === null) return null;
    files.push(...found);
  }
  return isPlain(files) && isUsable(files, script) ? files : null;
};

export const describePlain = (files: readonly PlainFile[]): LaidOut =>
  new Map(
    files.map(({ name, content }) => [
      name,
      {
        sizeBytes: content.length,
        sha256: createHash("sha256").update(content).digest("hex"),
        mode: 0o644,
      },
    ]),
  );
