const BLOCK = 512;

/** One entry of an archive that a test makes by hand, so that it can be as bad as it likes. */
export interface TarEntry {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  readonly type?: "file" | "directory" | "symlink" | "link" | "fifo" | "character-device" | "block-device";
  readonly mode?: number;
  readonly linkname?: string;
  /** What the header claims, when that is not the truth. */
  readonly claimedBytes?: number;
}

const flags = {
  file: "0",
  link: "1",
  symlink: "2",
  "character-device": "3",
  "block-device": "4",
  directory: "5",
  fifo: "6",
} as const;

const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`;

const makeHeader = (entry: TarEntry, sizeBytes: number): Buffer => {
  const header = Buffer.alloc(BLOCK);
  Buffer.from(entry.name).copy(header, 0, 0, 100);
  header.write(octal(entry.mode ?? 0o644, 8), 100);
  header.write(octal(0, 8) + octal(0, 8), 108);
  header.write(octal(entry.claimedBytes ?? sizeBytes, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(" ".repeat(8), 148);
  header.write(flags[entry.type ?? "file"], 156);
  header.write(entry.linkname ?? "", 157);
  header.write("ustar\x0000", 257);
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  return header;
};

const padded = (content: Buffer): Buffer =>
  Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);

/** An archive in memory, written field by field. */
export const makeTar = (entries: readonly TarEntry[]): Buffer => {
  const blocks = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? "");
    return [makeHeader(entry, content.length), padded(content)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
};
