import { once } from "node:events";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, pack } from "tar-stream";

/** An entry of an archive; its content must be read, or left, before the next entry is asked for. */
export interface TarEntry {
  /** Read by the encoding that was asked for; the caller decides what a name may be. */
  readonly name: string;
  readonly type: string;
  /** Where a link points to. */
  readonly linkName: string | null;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly content: AsyncIterable<Uint8Array>;
}

const bytesOf = async function* (stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
};

/**
 * The entries of an archive as they come. Names of the Worker's own archives are UTF-8, in whatever header they
 * stand; a job's are bytes, one character each (latin1). A malformed or truncated archive throws; so does a failing source,
 * with the source's own error. It is read through the extractor's iterator, which listens to every entry's
 * errors: an archive that ends within an entry would otherwise end the process.
 */
export const readTar = async function* (
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  names: "utf8" | "latin1",
): AsyncGenerator<TarEntry> {
  const options = { highWaterMark: 64 * 1024, filenameEncoding: names };
  const extractor = extract(options);
  let sourceFailure: unknown;
  const feeding = pipeline(Readable.from(source), extractor).catch((error: unknown) => {
    sourceFailure = error;
    extractor.destroy();
  });
  try {
    for await (const entry of extractor) {
      const { name, type, linkname, size, mode } = entry.header;
      yield { name, type, linkName: linkname ?? null, sizeBytes: size, mode, content: bytesOf(entry) };
      entry.resume();
    }
  } catch (error) {
    extractor.destroy();
    await feeding;
    throw sourceFailure ?? error;
  }
  await feeding;
  if (sourceFailure !== undefined) throw sourceFailure;
};

export interface TarWriter {
  addFolder(name: string): void;
  /** Another name of a file that was added before. */
  addLink(name: string, file: string): void;
  /** `content` must be exactly `sizeBytes` long. */
  addFile(
    name: string,
    size: { readonly sizeBytes: number; readonly mode: number },
    content: AsyncIterable<Uint8Array>,
  ): Promise<void>;
  /** Ends the archive and the stream behind it. */
  finish(): Promise<void>;
  abort(): void;
}

/** Writes an archive to a stream; when the reader breaks off, writing ends quietly. */
export const createTarWriter = (sink: Writable): TarWriter => {
  const archive = pack();
  let broken = false;
  const sending = pipeline(Readable.from(archive), sink).catch(() => {
    broken = true;
    archive.destroy();
  });
  return {
    addFolder: (name) => {
      if (!broken) archive.entry({ name: `${name}/`, type: "directory", mode: 0o755 });
    },
    addLink: (name, file) => {
      if (!broken) archive.entry({ name, type: "link", linkname: file });
    },
    addFile: async (name, { sizeBytes, mode }, content) => {
      if (broken) return;
      const entry = archive.entry({ name, size: sizeBytes, mode });
      entry.on("error", () => undefined); // seen as `broken`
      for await (const chunk of content) {
        if (!entry.write(chunk) && !broken) await Promise.race([once(entry, "drain"), sending]);
        if (broken) return;
      }
      entry.end(undefined);
    },
    finish: async () => {
      if (!broken) archive.finalize();
      await sending;
    },
    abort: () => {
      archive.destroy();
      sink.destroy();
    },
  };
};
