import type { Pull } from "./byte-reader.ts";
import { entryPath } from "./entry-path.ts";
import { EntryTree } from "./entry-tree.ts";
import { type ArchiveLink, resolveLinks } from "./links.ts";
import { isLitter } from "./litter.ts";
import { UploadRefused } from "./refusal.ts";
import { pullClean } from "./shell-text.ts";
import { TarParts } from "./tar-parts.ts";
import { TAR_END, tarHeader, tarPadding } from "./tar-writer.ts";
import {
  type EmitTarPart,
  NO_INSTRUCTIONS,
  type UploadEntry,
  type UploadInstructions,
  type UploadLimits,
} from "./types.ts";

const MIB = 1024 * 1024;
const BLOCK = 512;

export type AddedFile = { executable?: boolean; archive?: Set<string> };

/**
 * The one tar that an upload becomes: files in the order they came, and the folders that an archive names;
 * parents are implied by the files' paths. Enforces names, entry count and unpacked size over all parts.
 */
export class CanonicalTar {
  readonly limits: UploadLimits;
  instructions: UploadInstructions = NO_INSTRUCTIONS;
  /** How many archives were unpacked. */
  unpacked = 0;
  readonly #links = new Map<string, ArchiveLink>();
  /** Positions in the tar of what turned out to be executable when its header had gone out. */
  readonly #executables = new Set<number>();
  #written = 0;
  readonly #entries = new Map<string, UploadEntry>();
  readonly #parts: TarParts;
  readonly #tree: EntryTree;
  #members = 0;
  #unpackedBytes = 0;

  constructor(emit: EmitTarPart, limits: UploadLimits) {
    this.limits = limits;
    this.#parts = new TarParts(emit, limits.tarPartBytes);
    // Folders that only stand in paths are bounded too, apart from the members.
    this.#tree = new EntryTree(2 * limits.entries);
  }

  /** Regular files in the order of the tar; of one that came again, the last. */
  get entries(): UploadEntry[] {
    return [...this.#entries.values()];
  }

  get tarBytes(): number {
    return this.#parts.length;
  }

  /** See `UploadAccepted`. */
  get executables(): string | null {
    if (this.#executables.size === 0) return null;
    const bits = new Uint8Array(Math.ceil((Math.max(...this.#executables) + 1) / 8));
    for (const member of this.#executables)
      bits[member >> 3] = (bits[member >> 3] ?? 0) | (1 << (member & 7));
    return btoa(String.fromCharCode(...bits));
  }

  /** Says late that a member is executable; `member` is what `addFile` answered. */
  setExecutable(member: number): void {
    this.#executables.add(member);
  }

  async addFolder(rawPath: string): Promise<void> {
    this.#countMember();
    if (isLitter(rawPath)) return;
    const path = entryPath(rawPath, true, this.limits);
    if (path === "" || !this.#tree.addFolder(path)) return;
    await this.#writeHeader(tarHeader({ path, kind: "folder", sizeBytes: 0 }));
  }

  /** Notes a link, which becomes what it points to when everything is there; `archive` as `addFile` has it. */
  addLink(link: ArchiveLink, archive: Set<string>): void {
    this.#countMember();
    if (isLitter(link.path)) return;
    const path = entryPath(link.path, false, this.limits);
    if (!archive.has(path)) this.#tree.addFile(path);
    archive.add(path);
    this.#entries.delete(path);
    this.#links.set(path, { ...link, path });
  }

  /**
   * Adds a file whose size is only known at its end. `archive` holds the files that came from the same archive:
   * of those the last of a name counts, as wherever the archive is unpacked. Answers the member's position in the
   * tar, or null for one that is left out.
   */
  async addFile(
    rawPath: string,
    content: Pull,
    { executable = false, archive }: AddedFile = {},
  ): Promise<number | null> {
    this.#countMember();
    if (isLitter(rawPath)) return this.#leaveOut(content);
    const path = entryPath(rawPath, false, this.limits);
    if (archive?.has(path) !== true) this.#tree.addFile(path);
    archive?.add(path);
    this.#links.delete(path);
    const text = this.instructions.scripts?.(path) ? pullClean(content) : content;
    const unsized = tarHeader({ path, kind: "file", sizeBytes: 0, executable });
    await this.#parts.write(unsized.subarray(0, -BLOCK));
    const member = this.#written;
    this.#written += 1;
    await this.#parts.openBlock(unsized.subarray(-BLOCK));
    const contentOffset = this.#parts.length;
    for (let chunk = await text(); chunk !== null; chunk = await text()) await this.#writeContent(chunk);
    const sizeBytes = this.#parts.length - contentOffset;
    await this.#parts.closeBlock(tarHeader({ path, kind: "file", sizeBytes, executable }).subarray(-BLOCK));
    await this.#parts.write(tarPadding(sizeBytes));
    this.#entries.delete(path);
    this.#entries.set(path, { path, sizeBytes, contentOffset });
    return member;
  }

  async finish(): Promise<void> {
    const tree = {
      isFile: (path: string) => this.#entries.has(path),
      isFolder: (path: string) => this.#tree.isFolder(path),
      files: this.#entries.keys(),
    };
    await resolveLinks(this.#links, tree, ({ path, file }) => this.#addAlias(path, file));
    await this.#parts.write(TAR_END);
    await this.#parts.finish();
  }

  async #addAlias(rawPath: string, file: string): Promise<void> {
    this.#countMember();
    const path = entryPath(rawPath, false, this.limits);
    const entry = this.#entries.get(file);
    if (entry === undefined) throw new Error("a link points to a file that is not there");
    await this.#writeHeader(tarHeader({ path, kind: "link", linksTo: file, sizeBytes: 0 }));
    this.#entries.set(path, { ...entry, path });
  }

  async #writeHeader(header: Uint8Array): Promise<void> {
    this.#written += 1;
    await this.#parts.write(header);
  }

  async #leaveOut(content: Pull): Promise<null> {
    for (let chunk = await content(); chunk !== null; chunk = await content()) this.#countContent(chunk);
    return null;
  }

  #countContent(chunk: Uint8Array): void {
    this.#unpackedBytes += chunk.length;
    if (this.#unpackedBytes > this.limits.unpackedBytes) throw unpackedTooLarge(this.limits);
  }

  async #writeContent(chunk: Uint8Array): Promise<void> {
    this.#countContent(chunk);
    await this.#parts.write(chunk);
  }

  #countMember(): void {
    this.#members += 1;
    if (this.#members <= this.limits.entries) return;
    throw new UploadRefused(
      "too_many_entries",
      `The upload has more than ${this.limits.entries} files and folders`,
    );
  }
}

export const unpackedTooLarge = (limits: UploadLimits): UploadRefused =>
  new UploadRefused(
    "unpacked_too_large",
    `The files have more than ${Math.floor(limits.unpackedBytes / MIB)} MiB unpacked; leave out what the job does not need`,
  );
