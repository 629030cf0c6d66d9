import { makeTar } from "../../support/tar.ts";
import { malformedArchive } from "../malformed-archive.ts";

export const probe = malformedArchive("with an absolute name", makeTar([{ name: "/etc/x", content: "x" }]));
