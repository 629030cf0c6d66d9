import { makeTar } from "../../support/tar.ts";
import { malformedArchive } from "../malformed-archive.ts";

export const probe = malformedArchive(
  "with a hard link",
  makeTar([{ name: "x", type: "link", linkname: "/etc/passwd" }]),
);
