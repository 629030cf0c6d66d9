import { makeTar } from "../../support/tar.ts";
import { malformedArchive } from "../malformed-archive.ts";

export const probe = malformedArchive(
  "with a name that is no UTF-8",
  makeTar([{ name: Buffer.of(0xff, 0xfe), content: "x" }]),
);
