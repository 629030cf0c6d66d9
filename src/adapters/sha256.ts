import type { IncrementalSha256 } from "../domain/runs/job-hash.ts";

const hex = (digest: ArrayBuffer): string =>
  [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** SHA-256 over pieces, by the platform's own digest stream. */
export const incrementalSha256 = (): IncrementalSha256 => {
  const stream = new crypto.DigestStream("SHA-256");
  const writer = stream.getWriter();
  return {
    update: (chunk) => writer.write(chunk),
    hex: async () => {
      await writer.close();
      return hex(await stream.digest);
    },
  };
};
