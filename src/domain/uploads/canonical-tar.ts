import type { Pull } from "./byte-reader.ts";
import { entryPath } from "./entry-path.ts";
import { EntryTree } from "./entry-tree.ts";
import { isLitter } from "./litter.ts";
import { UploadRefused } from "./refusal.ts";
import { TarParts } from "./tar-parts.ts";
import { TAR_END, tarHeader, tarPadding } from "./tar-writer.ts";
import type { EmitTarPart, UploadEntry, UploadLimits } from "./types.ts";

const MIB = 1024 * 1024;
const BLOCK = 512;

export type AddedFile = { executable?: boolean; archive?: Set<string> };

/**
 * The one tar that an upload becomes: files in the order they came, and the folders that an archive names;
 * parents are implied by the files' paths. Enforces names, entry count and unpacked size over all parts.
 */
export class CanonicalTar {
  readonly limits: UploadLimits;
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

  async addFolder(rawPath: string): Promise<void> {
    this.#countMember();
    if (isLitter(rawPath)) return;
    const path = entryPath(rawPath, true, this.limits);
    if (path === "" || !this.#tree.addFolder(path)) return;
    await this.#parts.write(tarHeader({ path, kind: "folder", sizeBytes: 0 }));
  }

  /**
   * Adds a file whose size is only known at its end. `archive` holds the files that came from the same archive:
   * of those the last of a name counts, as wherever the archive is unpacked.
   */
  async addFile(
    rawPath: string,
    content: Pull,
    { executable = false, archive }: AddedFile = {},
  ): Promise<void> {
    this.#countMember();
    if (isLitter(rawPath)) return this.#leaveOut(content);
    const path = entryPath(rawPath, false, this.limits);
    if (archive?.has(path) !== true) this.#tree.addFile(path);
    archive?.add(path);
    const unsized = tarHeader({ path, kind: "file", sizeBytes: 0, executable });
    await this.#parts.write(unsized.subarray(0, -BLOCK));
    await this.#parts.openBlock(unsized.subarray(-BLOCK));
    const contentOffset = this.#parts.length;
    for (let chunk = await content(); chunk !== null; chunk = await content())
      await this.#writeContent(chunk);
    const sizeBytes = this.#parts.length - contentOffset;
    await this.#parts.closeBlock(tarHeader({ path, kind: "file", sizeBytes, executable }).subarray(-BLOCK));
    await this.#parts.write(tarPadding(sizeBytes));
    this.#entries.delete(path);
    this.#entries.set(path, { path, sizeBytes, contentOffset });
  }

  async finish(): Promise<void> {
    await this.#parts.write(TAR_END);
    await this.#parts.finish();
  }

  async #leaveOut(content: Pull): Promise<void> {
    for (let chunk = await content(); chunk !== null; chunk = await content()) this.#countContent(chunk);
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
