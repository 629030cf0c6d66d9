import { makeTar } from "../../support/tar.ts";
import { malformedArchive } from "../malformed-archive.ts";

export const probe = malformedArchive(
  "with a line break in a name",
  makeTar([{ name: "a\nb", content: "x" }]),
);
