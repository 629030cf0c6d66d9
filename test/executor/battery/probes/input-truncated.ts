import { makeTar } from "../../support/tar.ts";
import { malformedArchive } from "../malformed-archive.ts";

export const probe = malformedArchive(
  "that ends within a file",
  makeTar([{ name: "x", content: "x".repeat(5_000) }]).subarray(0, 2_000),
);
