import { makeTar } from "../../support/tar.ts";
import { malformedArchive } from "../malformed-archive.ts";

export const probe = malformedArchive(
  "with a symbolic link",
  makeTar([{ name: "x", type: "symlink", linkname: "/etc" }]),
);
