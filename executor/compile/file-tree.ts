import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Input } from "../../src/wire/attempt.ts";
import { type LaidOut, type LayoutRules, writeInputs } from "../prepare.ts";
import { createTarWriter, type TarWriter } from "../tar.ts";

/** A tree up to this size is held in memory: most programs are. */
const MEMORY_BYTES = 1024 * 1024;

/** Plain files and folders as one canonical archive of the executor's own, with what lies in it. */
export interface FileTree {
  readonly files: LaidOut;
  /** The archive's bytes, from their beginning. */
  read(): AsyncIterable<Uint8Array>;
  readonly archiveBytes: number;
  /** Deletes what it keeps on disk. */
  drop(): Promise<void>;
}

/** Gives the path of a new private file. */
export type NextPath = () => Promise<string>;

/** Takes an archive in, and keeps it in memory while it is small. */
const createKeeper = (nextPath: NextPath) => {
  let held: Buffer[] = [];
  let bytes = 0;
  let file: { readonly path: string; readonly handle: Awaited<ReturnType<typeof open>> } | null = null;
  const put = async (chunk: Buffer): Promise<void> => {
    bytes += chunk.length;
    if (file !== null) {
      await file.handle.write(chunk);
      return;
    }
    held.push(chunk);
    if (bytes <= MEMORY_BYTES) return;
    const path = await nextPath();
    file = { path, handle: await open(path, "wx", 0o600) };
    for (const part of held) await file.handle.write(part);
    held = [];
  };
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      // The chunk's memory is the archive writer's, which may use it again.
      put(Buffer.from(chunk)).then(() => done(), done);
    },
    final: (done) => {
      (file?.handle.close() ?? Promise.resolve()).then(() => done(), done);
    },
    destroy: (error, done) => {
      // Closed before, or closed now: either way nothing more is written.
      const closing = file?.handle.close() ?? Promise.resolve();
      closing.then(
        () => done(error),
        () => done(error),
      );
    },
  });
  return {
    sink,
    bytes: () => bytes,
    read: async function* (): AsyncGenerator<Uint8Array> {
      if (file === null) yield* held;
      else yield* createReadStream(file.path);
    },
    drop: async (): Promise<void> => {
      held = [];
      if (file !== null) await rm(file.path, { force: true });
    },
  };
};

/** An archive that is being written, and becomes a tree. */
export interface TreeDraft {
  readonly writer: TarWriter;
  /** Call it when the writer has finished; throws what the disk threw. */
  done(files: FileTree["files"]): FileTree;
  /** Ends it without a tree. */
  abort(): Promise<void>;
}

export const draftTree = (nextPath: NextPath): TreeDraft => {
  const keeper = createKeeper(nextPath);
  const writer = createTarWriter(keeper.sink);
  return {
    writer,
    done: (files) => {
      if (keeper.sink.errored !== null) throw keeper.sink.errored;
      return { files, read: keeper.read, archiveBytes: keeper.bytes(), drop: keeper.drop };
    },
    abort: async () => {
      writer.abort();
      await keeper.drop();
    },
  };
};

/** The files of a job before anything of it runs. Throws an InputFault. */
export const treeOfInputs = async (
  inputs: readonly Input[],
  nextPath: NextPath,
  signal: AbortSignal,
  rules: LayoutRules,
): Promise<FileTree> => {
  const draft = draftTree(nextPath);
  try {
    return draft.done(await writeInputs(inputs, draft.writer, signal, rules));
  } catch (error) {
    await draft.abort();
    throw error;
  }
};

/** Sends a tree into a sandbox, behind its orders. */
export const sendTree = async (tree: FileTree, orders: Writable): Promise<void> => {
  // A sandbox that breaks off is seen by who supervises it.
  await pipeline(Readable.from(tree.read(), { objectMode: false }), orders).catch(() => undefined);
};
