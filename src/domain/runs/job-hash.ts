import { type HashedProgram, jobHashPrefix } from "../../wire/job-hash.ts";

/** SHA-256 that takes its input piece by piece; `hex` is lower case and ends it. */
export type IncrementalSha256 = {
  update(chunk: Uint8Array): Promise<void> | void;
  hex(): Promise<string> | string;
};

/**
 * The job hash: SHA-256 over the prefix and the entrypoint's bytes, as lower-case
 * hex. `content` has no pieces when the file is missing.
 */
export const jobHash = async (
  program: HashedProgram,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  sha256: IncrementalSha256,
): Promise<string> => {
  await sha256.update(jobHashPrefix(program));
  for await (const chunk of content) await sha256.update(chunk);
  return sha256.hex();
};
