import { makeTar } from "../../support/tar.ts";
import { malformedArchive } from "../malformed-archive.ts";

export const probe = malformedArchive(
  "with a name that leaves the folder",
  makeTar([{ name: "a/../../x", content: "x" }]),
);
