import { makeTar } from "../../support/tar.ts";
import { malformedArchive } from "../malformed-archive.ts";

export const probe = malformedArchive("with a pipe", makeTar([{ name: "x", type: "fifo" }]));
