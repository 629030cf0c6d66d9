import { makeTar } from "../../support/tar.ts";
import { malformedArchive } from "../malformed-archive.ts";

export const probe = malformedArchive("with a device", makeTar([{ name: "x", type: "character-device" }]));
