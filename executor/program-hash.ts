import { createHash, type Hash } from "node:crypto";
import type { AttemptRequest } from "../src/wire/attempt.ts";
import { jobHashPrefix } from "../src/wire/job-hash.ts";

/** Follows the entrypoint's bytes into the sandbox, and says whether they are those that the job hash is of. */
export interface ProgramHash {
  readonly entrypoint: string;
  /** A file is laid out, of the same name perhaps once more; what it holds is to be given, or null for any other file. */
  begin(name: string): ((chunk: Uint8Array) => void) | null;
  /** Another name for a file that was laid out. */
  link(name: string, file: string): void;
  isAsStated(): boolean;
}

/** Null for a request that does not say what its hash covers. */
export const createProgramHash = ({ program, hashed, jobHash }: AttemptRequest): ProgramHash | null => {
  if (hashed === undefined) return null;
  const { entrypoint, args } = program;
  const { interpreter, environment, file = entrypoint } = hashed;
  const prefix = jobHashPrefix({ entrypoint, interpreter, environment, args });
  let hash: Hash | null = null;
  let isNamed = file === entrypoint;
  return {
    entrypoint,
    begin: (name) => {
      // A file of the entrypoint's name takes the place of a link.
      if (name === entrypoint && name !== file) isNamed = false;
      if (name !== file) return null;
      const fresh = createHash("sha256").update(prefix);
      hash = fresh;
      return (chunk) => fresh.update(chunk);
    },
    link: (name, target) => {
      if (name === entrypoint) isNamed = target === file;
      else if (name === file) hash = null;
    },
    isAsStated: () => isNamed && hash?.digest("hex") === jobHash,
  };
};
