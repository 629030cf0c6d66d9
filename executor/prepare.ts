import { createHash } from "node:crypto";
import type { Writable } from "node:stream";
import type { Blob, Input } from "../src/wire/attempt.ts";
import { INPUT_BYTES, INPUT_ENTRIES } from "../src/wire/limits.ts";
import { relativePath } from "./archive-path.ts";
import { backoffMs, pause } from "./backoff.ts";
import { noteWork } from "./loop-watch.ts";
import type { ProgramHash } from "./program-hash.ts";
import { createScriptCheck } from "./shell-script.ts";
import { createTarWriter, readTar, type TarEntry, type TarWriter } from "./tar.ts";
import { badInput, type Ending, type InputFaultKind, infrastructure } from "./verdict.ts";

/** A download may take this long, and longer where at the slowest rate its size needs it. */
const FETCH_MS = 55_000;
const FETCH_TRIES = 4;
const SLOWEST_BYTES_PER_MS = 5_000;
const PRECONDITION_FAILED = 412;
const TOO_MANY_REQUESTS = 429;

/** What lies in the job's folder before the program starts, by path; a folder's ends in a slash. */
export type LaidOut = ReadonlyMap<
  string,
  { readonly sizeBytes: number; readonly sha256: string; readonly mode: number }
>;

/** An input that cannot be used, or cannot be had now; `ending` is what the report says. */
export class InputFault extends Error {
  readonly ending: Ending;
  constructor(fault: InputFaultKind | "inputs", entry: string | null = null) {
    super(fault);
    this.ending = fault === "inputs" ? infrastructure("inputs") : badInput(fault, entry);
  }
}

const exactly = async function* (source: AsyncIterable<Uint8Array>, sizeBytes: number) {
  let seenBytes = 0;
  for await (const chunk of source) {
    seenBytes += chunk.length;
    if (seenBytes > sizeBytes) throw new InputFault("inputs");
    yield chunk;
  }
  if (seenBytes !== sizeBytes) throw new InputFault("inputs");
};

type RemoteBlob = Extract<Blob, { kind: "url" }>;

const get = async ({ url, etag }: RemoteBlob, signal: AbortSignal): Promise<Response | null> => {
  try {
    const headers: Record<string, string> = etag === undefined ? {} : { "If-Match": `"${etag}"` };
    // A redirect would lead to an origin that nobody has allowed.
    return await fetch(url, { headers, redirect: "manual", signal });
  } catch {
    // A kept-alive connection that the other side has just closed fails like one that was refused.
    return null;
  }
};

/** The body of a GET; what fails before it begins is tried again. */
const openDownload = async (blob: RemoteBlob, signal: AbortSignal) => {
  for (let failures = 1; failures <= FETCH_TRIES && !signal.aborted; failures += 1) {
    const response = await get(blob, signal);
    if (response?.ok && response.body !== null) return response.body;
    await response?.body?.cancel();
    if (response?.status === PRECONDITION_FAILED) throw new InputFault("changed");
    if (response !== null && response.status < 500 && response.status !== TOO_MANY_REQUESTS) break;
    await pause(backoffMs(failures), signal);
  }
  throw new InputFault("inputs");
};

const download = async function* (blob: RemoteBlob, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const timeout = AbortSignal.timeout(FETCH_MS + Math.ceil(blob.sizeBytes / SLOWEST_BYTES_PER_MS));
  yield* await openDownload(blob, AbortSignal.any([signal, timeout]));
};

const inlineBytes = (base64: string): Buffer => Buffer.from(base64, "base64");

const blobSize = (blob: Blob): number =>
  blob.kind === "inline" ? inlineBytes(blob.base64).length : blob.sizeBytes;

/** A blob's bytes; a download that fails or is not of its stated size throws an InputFault. */
const readBlob = async function* (blob: Blob, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (blob.kind === "inline") {
    yield inlineBytes(blob.base64);
    return;
  }
  try {
    yield* exactly(download(blob, signal), blob.sizeBytes);
  } catch (error) {
    throw error instanceof InputFault ? error : new InputFault("inputs");
  }
};

/** The whole of a small blob, such as a program's standard input. */
export const readWholeBlob = async (blob: Blob, signal: AbortSignal): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBlob(blob, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** What is laid out in another way than it came. */
export interface LayoutRules {
  /** Paths that are left out. */
  readonly omits: ReadonlySet<string>;
  /** The path of what a shell is to run, which must be text that it understands. */
  readonly script: string | null;
  /** What the entrypoint must hold; null where that was not said. */
  readonly programHash: ProgramHash | null;
}

/** Puts checked entries into the one archive that the sandbox unpacks, and remembers what they were. */
const createLayout = (writer: TarWriter, { omits, script, programHash }: LayoutRules) => {
  const files = new Map<string, { sizeBytes: number; sha256: string; mode: number }>();
  let entries = 0;
  let totalBytes = 0;
  const countEntry = (): void => {
    entries += 1;
    if (entries > INPUT_ENTRIES) throw new InputFault("archive");
  };
  return {
    files,
    omits,
    /** For what an archive holds; a single file has the size that the Worker allowed it. */
    countArchived: (sizeBytes: number): void => {
      totalBytes += sizeBytes;
      if (totalBytes > INPUT_BYTES) throw new InputFault("archive");
    },
    addFolder: (name: string): void => {
      countEntry();
      writer.addFolder(name);
      files.set(`${name}/`, { sizeBytes: 0, sha256: "", mode: 0o755 });
    },
    /** A link to what is left out is left out. */
    addLink: (name: string, file: string): void => {
      if (omits.has(file)) return;
      countEntry();
      const described = files.get(file);
      if (described === undefined) throw new InputFault("archive", name);
      programHash?.link(name, file);
      writer.addLink(name, file);
      files.set(name, described);
    },
    addFile: async (name: string, sizeBytes: number, mode: number, content: AsyncIterable<Uint8Array>) => {
      countEntry();
      const hash = createHash("sha256");
      const check = name === script ? createScriptCheck() : null;
      const follow = programHash?.begin(name);
      const hashed = async function* () {
        for await (const chunk of content) {
          hash.update(chunk);
          check?.take(chunk);
          follow?.(chunk);
          yield chunk;
        }
      };
      await writer.addFile(name, { sizeBytes, mode }, hashed());
      if (check?.isForeign()) throw new InputFault("script", name);
      files.set(name, { sizeBytes, sha256: hash.digest("hex"), mode });
    },
  };
};
type Layout = ReturnType<typeof createLayout>;

const isOwnRoot = (entry: TarEntry): boolean => entry.type === "directory" && /^\.?\/?$/.test(entry.name);

/** Whether bit `index` is set in a bitmap as base64. */
const createBitmap = (base64: string | undefined): ((index: number) => boolean) => {
  const bits = Buffer.from(base64 ?? "", "base64");
  return (index) => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
};

/** The path an entry gets in the job's folder; null for what strip removes, and for the archive's root. */
export const entryPath = (entry: TarEntry, strip: number): string | null => {
  if (isOwnRoot(entry)) return null;
  // Bytes that are no UTF-8 read as U+FFFD, which the Worker lets through in no name.
  const whole = entry.name.includes("\ufffd") ? null : relativePath(entry.name);
  if (whole === null) throw new InputFault("archive", entry.name);
  const path = whole.split("/").slice(strip).join("/");
  return path === "" ? null : path;
};

const addEntry = async (layout: Layout, entry: TarEntry, strip: number, isMarked: boolean): Promise<void> => {
  noteWork("laying out inputs");
  const path = entryPath(entry, strip);
  if (path === null || layout.omits.has(path)) return;
  if (entry.type === "directory") return layout.addFolder(path);
  if (entry.type === "link" && entry.linkName !== null) {
    const file = entryPath({ ...entry, name: entry.linkName }, strip);
    if (file === null) throw new InputFault("archive", entry.name);
    return layout.addLink(path, file);
  }
  if (entry.type !== "file") throw new InputFault("archive", entry.name);
  layout.countArchived(entry.sizeBytes);
  await layout.addFile(
    path,
    entry.sizeBytes,
    (entry.mode & 0o100) !== 0 || isMarked ? 0o755 : 0o644,
    entry.content,
  );
};

const addArchive = async (
  layout: Layout,
  source: AsyncIterable<Uint8Array>,
  { stripComponents, executables }: Extract<Input, { kind: "tar" }>,
): Promise<void> => {
  const isExecutable = createBitmap(executables);
  let member = 0;
  try {
    for await (const entry of readTar(source, "utf8")) {
      await addEntry(layout, entry, stripComponents, isExecutable(member));
      member += 1;
    }
  } catch (error) {
    throw error instanceof InputFault ? error : new InputFault("archive");
  }
};

const addInput = async (layout: Layout, input: Input, signal: AbortSignal): Promise<void> => {
  const source = readBlob(input.blob, signal);
  if (input.kind === "tar") return addArchive(layout, source, input);
  const path = relativePath(input.path);
  if (path === null) throw new InputFault("archive", input.path);
  await layout.addFile(path, blobSize(input.blob), 0o644, source);
};

/** Throws an InputFault where what was laid out is not the program that the job is of. */
export const checkProgram = (program: ProgramHash | null): void => {
  if (program !== null && !program.isAsStated()) throw new InputFault("hash", program.entrypoint);
};

/**
 * Writes all inputs but those that are to be left out as one archive of plain files, folders and further names of
 * files. Throws an InputFault, or what the writer throws; the archive is then aborted.
 */
export const writeInputs = async (
  inputs: readonly Input[],
  writer: TarWriter,
  signal: AbortSignal,
  rules: LayoutRules,
): Promise<LaidOut> => {
  const layout = createLayout(writer, rules);
  try {
    for (const input of inputs) await addInput(layout, input, signal);
    checkProgram(rules.programHash);
  } catch (error) {
    writer.abort();
    throw error;
  }
  await writer.finish();
  return layout.files;
};

/**
 * Streams all inputs as one archive of plain files and folders into the sandbox, and ends its orders. What
 * a client packed is never unpacked as it came: names, types and modes are the executor's. Throws an
 * InputFault; a sandbox that breaks off is no fault of the inputs.
 */
export const layOutInputs = (
  inputs: readonly Input[],
  orders: Writable,
  signal: AbortSignal,
  rules: Omit<LayoutRules, "omits">,
): Promise<LaidOut> => writeInputs(inputs, createTarWriter(orders), signal, { omits: new Set(), ...rules });
