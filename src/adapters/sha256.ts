import { hexOf } from "../domain/hex.ts";
import type { IncrementalSha256 } from "../domain/runs/job-hash.ts";

/** SHA-256 over pieces, by the platform's own digest stream. */
export const incrementalSha256 = (): IncrementalSha256 => {
  const stream = new crypto.DigestStream("SHA-256");
  const writer = stream.getWriter();
  return {
    update: (chunk) => writer.write(chunk),
    hex: async () => {
      await writer.close();
      return hexOf(new Uint8Array(await stream.digest));
    },
  };
};
