import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type CompileResult, compileResult } from "../../src/wire/judging.ts";
import type { FileTree } from "./file-tree.ts";

const MIB = 1024 * 1024;
const ENTRY_BYTES = 32 * MIB;
const LIFE_MS = 60 * 60_000;
/** Beyond these a shell means a signal. */
const PLAIN_EXIT = { least: 1, most: 127 };

const files = z.record(
  z.string(),
  z.strictObject({ sizeBytes: z.int().nonnegative(), sha256: z.string(), mode: z.int() }),
);
/** The first line of an entry; the archive follows it. */
const header = z.strictObject({
  result: compileResult,
  files: files.nullable(),
  archiveSha256: z.string(),
});

/** What an earlier step of the same client left: success with its tree, or the compiler's refusal. */
export interface CachedCompile {
  readonly result: CompileResult;
  readonly tree: FileTree | null;
}

export interface CompileCache {
  find(key: string): Promise<CachedCompile | null>;
  /** Keeps what may be kept: successes and plain refusals, neither too large. */
  keep(key: string, result: CompileResult, tree: FileTree | null): Promise<void>;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const wholeOf = async (tree: FileTree): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tree.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const mayBeKept = ({ status, exitCode }: CompileResult): boolean =>
  status === "ok" ||
  (status === "error" && exitCode !== null && exitCode >= PLAIN_EXIT.least && exitCode <= PLAIN_EXIT.most);

const treeOf = (archive: Buffer, listed: z.infer<typeof files>): FileTree => ({
  files: new Map(Object.entries(listed)),
  read: async function* () {
    yield archive;
  },
  archiveBytes: archive.length,
  drop: () => Promise.resolve(),
});

const encode = (result: CompileResult, tree: FileTree | null, archive: Buffer): Buffer => {
  const listed = tree === null ? null : Object.fromEntries(tree.files);
  const first = { result, files: listed, archiveSha256: sha256(archive) };
  return Buffer.concat([Buffer.from(`${JSON.stringify(first)}\n`), archive]);
};

const parseHeader = (text: string) => {
  try {
    return header.safeParse(JSON.parse(text));
  } catch {
    // A disk that lost bytes: the entry is made anew.
    return { success: false } as const;
  }
};

/** An entry as it was kept; null for one that is not what was written. */
const decode = (bytes: Buffer): CachedCompile | null => {
  const end = bytes.indexOf(0x0a);
  if (end < 0) return null;
  const parsed = parseHeader(bytes.subarray(0, end).toString());
  const archive = bytes.subarray(end + 1);
  if (!parsed.success || sha256(archive) !== parsed.data.archiveSha256) return null;
  const { result, files: listed } = parsed.data;
  const figures = { cpuSeconds: 0, wallTimeMs: 0 };
  return {
    result: { ...result, ...figures, cached: true },
    tree: listed === null ? null : treeOf(archive, listed),
  };
};

const noCache: CompileCache = { find: () => Promise.resolve(null), keep: () => Promise.resolve() };

/**
 * Keeps compile steps in a private folder, outside of every sandbox, which is emptied first. Keys are the
 * caller's: what may tell two clients apart must be in them. What was used the longest ago goes first.
 */
export const createCompileCache = (
  folder: string,
  capBytes: number,
  now: () => number = Date.now,
): CompileCache => {
  if (capBytes === 0) return noCache;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  /** In the order of last use. */
  const entries = new Map<string, { readonly sizeBytes: number; readonly keptAtMs: number }>();
  let totalBytes = 0;
  let writes = 0;

  const forget = async (key: string): Promise<void> => {
    totalBytes -= entries.get(key)?.sizeBytes ?? 0;
    entries.delete(key);
    await rm(join(folder, key), { force: true });
  };
  const makeRoom = async (sizeBytes: number): Promise<void> => {
    for (const [key, { keptAtMs }] of entries) {
      if (totalBytes + sizeBytes <= capBytes && now() - keptAtMs < LIFE_MS) return;
      await forget(key);
    }
  };
  return {
    find: async (key) => {
      const entry = entries.get(key);
      if (entry === undefined) return null;
      const isOver = now() - entry.keptAtMs >= LIFE_MS;
      const bytes = isOver ? null : await readFile(join(folder, key)).catch(() => null);
      const found = bytes === null ? null : decode(bytes);
      if (found === null) await forget(key);
      else if (entries.delete(key)) entries.set(key, entry);
      return found;
    },
    keep: async (key, result, tree) => {
      if (!mayBeKept(result) || (tree?.archiveBytes ?? 0) > ENTRY_BYTES || entries.has(key)) return;
      const bytes = encode(result, tree, tree === null ? Buffer.alloc(0) : await wholeOf(tree));
      if (bytes.length > Math.min(ENTRY_BYTES, capBytes)) return;
      await makeRoom(bytes.length);
      writes += 1;
      const draft = join(folder, `.${writes}`);
      await writeFile(draft, bytes, { flag: "wx", mode: 0o600 });
      await rename(draft, join(folder, key));
      totalBytes += bytes.length - (entries.get(key)?.sizeBytes ?? 0);
      entries.set(key, { sizeBytes: bytes.length, keptAtMs: now() });
    },
  };
};

/** All that decides what a compile step makes, and whose it is. */
export interface CompileInputs {
  readonly turn: string;
  readonly language: object;
  readonly layerDigest: string;
  readonly flags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly source: string;
  readonly files: FileTree["files"];
}

/** The name of a compile step: equal for the same client, tools, flags, variables and files only. */
export const compileKey = (inputs: CompileInputs): string => {
  const { turn, language, layerDigest, flags, variables, source, files: listed } = inputs;
  const byName = <T>(entries: Iterable<[string, T]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [
    ...[turn, language, layerDigest, flags, byName(Object.entries(variables)), source],
    byName(listed).map(([path, { mode, sha256: digest }]) => [path, mode, digest]),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
};
