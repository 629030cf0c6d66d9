import { bytes, join } from "./submit.ts";

const BLOCK = 512;

export type RawMember = {
  name: string | Uint8Array;
  type?: string;
  content?: string | Uint8Array;
  /** What the header says, where that is not the truth. */
  sizeField?: string | Uint8Array;
  checksum?: string;
  mode?: string;
  magic?: string;
  prefix?: string;
  linkName?: string;
};

const header = (member: RawMember, sizeBytes: number): Uint8Array => {
  const block = new Uint8Array(BLOCK);
  const put = (value: string | Uint8Array, at: number) => block.set(bytes(value), at);
  put(member.name, 0);
  put(member.mode ?? "0000644\0", 100);
  put(member.sizeField ?? `${sizeBytes.toString(8).padStart(11, "0")}\0`, 124);
  put("00000000000\0", 136);
  put("        ", 148);
  put(member.type ?? "0", 156);
  put((member.linkName ?? "").slice(0, 100), 157);
  put(member.magic ?? "ustar\x0000", 257);
  put(member.prefix ?? "", 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(member.checksum ?? `${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
};

/** A tar written field by field, as hostile as it takes; `end` false leaves out the zero blocks. */
export const rawTar = (members: readonly RawMember[], end = true): Uint8Array =>
  join(
    ...members.flatMap((member) => {
      const content = bytes(member.content ?? "");
      return [
        header(member, content.length),
        content,
        new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK),
      ];
    }),
    new Uint8Array(end ? 2 * BLOCK : 0),
  );

export const gzip = async (content: Uint8Array): Promise<Uint8Array> => {
  const packed = new Blob([content]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
};

export const tarGz = (members: readonly RawMember[]): Promise<Uint8Array> => gzip(rawTar(members));
