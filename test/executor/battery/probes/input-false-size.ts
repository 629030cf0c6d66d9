import { makeTar } from "../../support/tar.ts";
import { malformedArchive } from "../malformed-archive.ts";

export const probe = malformedArchive(
  "whose header claims more than there is",
  makeTar([{ name: "x", content: "x", claimedBytes: 1_000_000 }]),
);
