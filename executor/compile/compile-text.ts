import { COMPILE_OUTPUT_BYTES, type CompileResult } from "../../src/wire/judging.ts";

/** What is said in place of, or behind, a compiler's text when it was a limit that ended it. */
const LIMIT_TEXTS: Partial<Record<CompileResult["status"], string>> = {
  time_limit: "Compilation time limit exceeded.",
  memory_limit: "Compilation memory limit exceeded.",
  output_limit: "Compilation output is too large.",
};

/** Keeps the first part of what a compiler says; the rest is read and dropped. */
export const createCompileText = () => {
  const kept: Buffer[] = [];
  let keptBytes = 0;
  let isTruncated = false;
  return {
    take: (chunk: Buffer): void => {
      const room = COMPILE_OUTPUT_BYTES - keptBytes;
      if (chunk.length > room) isTruncated = true;
      if (room <= 0) return;
      kept.push(chunk.subarray(0, room));
      keptBytes += Math.min(room, chunk.length);
    },
    of: (status: CompileResult["status"]): Pick<CompileResult, "output" | "outputTruncated"> => {
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(kept));
      const limitText = LIMIT_TEXTS[status];
      const separator = text === "" || text.endsWith("\n") ? "" : "\n";
      return {
        output: limitText === undefined ? text : `${text}${separator}${limitText}\n`,
        outputTruncated: isTruncated,
      };
    },
  };
};
