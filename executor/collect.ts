import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AttemptLimits } from "../src/wire/attempt.ts";
import type { OutputFile } from "../src/wire/report.ts";
import { guardArchive } from "./archive-guard.ts";
import { outputPath } from "./archive-path.ts";
import { noteWork } from "./loop-watch.ts";
import type { LaidOut } from "./prepare.ts";
import { readTar, type TarEntry } from "./tar.ts";

const HEADER_ALLOWANCE_BYTES = 64 * 1024 * 1024;
/** Smaller content is looked at in memory, and written only where it is kept. */
const SMALL_BYTES = 64 * 1024;

/** An output with the executor's own copy of its content. */
export interface Collected {
  readonly file: OutputFile;
  readonly spoolPath: string;
}

export interface Collection {
  readonly outputs: readonly Collected[];
  readonly dropped: number;
}

/** A private folder for one attempt's outputs, made when the first one comes; names in it are numbers. */
export const createSpool = () => {
  let folder: Promise<string> | null = null;
  let count = 0;
  return {
    nextPath: async (): Promise<string> => {
      folder ??= mkdtemp(join(tmpdir(), "sandpiper-outputs-"));
      count += 1;
      return join(await folder, String(count));
    },
    clear: async (): Promise<void> => {
      if (folder !== null) await rm(await folder, { recursive: true, force: true });
    },
  };
};
export type Spool = ReturnType<typeof createSpool>;

/** An entry's content by its hash, and how to have it as a file at the end. */
interface Content {
  readonly sha256: string;
  keep(): Promise<string>;
  drop(): Promise<void>;
}

const smallContent = async (entry: TarEntry, spool: Spool): Promise<Content> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return {
    sha256: createHash("sha256").update(bytes).digest("hex"),
    keep: async () => {
      const path = await spool.nextPath();
      await writeFile(path, bytes, { flag: "wx", mode: 0o600 });
      return path;
    },
    drop: () => Promise.resolve(),
  };
};

const spooledContent = async (entry: TarEntry, spool: Spool): Promise<Content> => {
  const path = await spool.nextPath();
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const chunk of entry.content) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(hashed, createWriteStream(path, { flags: "wx", mode: 0o600 }));
  return { sha256: hash.digest("hex"), keep: () => Promise.resolve(path), drop: () => rm(path) };
};

/** Ends a stream that is longer than anything an honest job could have packed. */
const bounded = async function* (source: Readable, capBytes: number): AsyncGenerator<Uint8Array> {
  let seenBytes = 0;
  for await (const chunk of source) {
    if (!Buffer.isBuffer(chunk)) throw new Error("the archive stream carries text");
    seenBytes += chunk.length;
    if (seenBytes > capBytes) return;
    yield chunk;
  }
};

/** What is kept so far, and whether one more file fits. */
const createShelf = (limits: AttemptLimits, inputs: LaidOut, root: string) => {
  const outputs = new Map<string, Collected>();
  let totalBytes = 0;
  /** Each input is compared once, so that the work is bounded by what was sent in. */
  const compared = new Set<string>();
  return {
    outputs,
    fits: (path: string, sizeBytes: number): boolean =>
      !outputs.has(path) &&
      outputs.size < limits.outputFiles &&
      sizeBytes <= limits.outputFileBytes &&
      totalBytes + sizeBytes <= limits.outputTotalBytes,
    /** Hash of an input of the same size, which alone tells whether the entry is an output; null without one. */
    inputHash: (path: string, sizeBytes: number): string | null => {
      const inputPath = root === "." ? path : `${root}/${path}`;
      const input = inputs.get(inputPath);
      if (input?.sizeBytes !== sizeBytes || compared.has(inputPath)) return null;
      compared.add(inputPath);
      return input.sha256;
    },
    keep: (collected: Collected): void => {
      outputs.set(collected.file.path, collected);
      totalBytes += collected.file.sizeBytes;
    },
  };
};
type Shelf = ReturnType<typeof createShelf>;

const describe = (path: string, { sizeBytes, mode }: TarEntry, sha256: string): OutputFile => ({
  path,
  sizeBytes,
  sha256,
  ...((mode & 0o100) === 0 ? {} : { executable: true }),
});

/** Whether the entry counts as dropped. */
const takeEntry = async (entry: TarEntry, shelf: Shelf, spool: Spool): Promise<boolean> => {
  noteWork("reading outputs");
  if (entry.type === "directory") return false;
  const path = entry.type === "file" ? outputPath(entry.name) : null;
  if (path === null) return true;
  const inputHash = shelf.inputHash(path, entry.sizeBytes);
  const fits = shelf.fits(path, entry.sizeBytes);
  if (!fits && inputHash === null) return true;
  const content = await (entry.sizeBytes <= SMALL_BYTES ? smallContent : spooledContent)(entry, spool);
  const { sha256 } = content;
  const isKept = fits && sha256 !== inputHash;
  if (isKept) shelf.keep({ file: describe(path, entry, sha256), spoolPath: await content.keep() });
  else await content.drop();
  return !isKept && sha256 !== inputHash;
};

/** A file operation of the executor's own; everything else that fails here is the archive. */
const isOwnFailure = (error: unknown): boolean => error instanceof Error && "syscall" in error;

/**
 * Reads the archive that the sandbox packs. Only plain files with harmless
 * names are kept, up to the caps; everything else is counted. A stream that is cut off or forged costs the
 * job its further outputs and the executor nothing; a failing disk of the executor throws.
 */
export const collectOutputs = async (
  archive: Readable,
  request: { readonly limits: AttemptLimits; readonly inputs: () => LaidOut; readonly root: string },
  spool: Spool,
): Promise<Collection> => {
  const { limits } = request;
  const capBytes = 2 * Math.max(limits.workspaceBytes, limits.outputTotalBytes) + HEADER_ALLOWANCE_BYTES;
  let shelf: Shelf | null = null;
  let dropped = 0;
  try {
    const guarded = guardArchive(bounded(archive, capBytes), () => {
      dropped += 1;
    });
    for await (const entry of readTar(guarded, "latin1")) {
      shelf ??= createShelf(limits, request.inputs(), request.root);
      if (await takeEntry(entry, shelf, spool)) dropped += 1;
    }
  } catch (error) {
    if (isOwnFailure(error)) throw error;
    dropped += 1;
  } finally {
    archive.destroy();
  }
  return { outputs: [...(shelf?.outputs.values() ?? [])], dropped };
};
