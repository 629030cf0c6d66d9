import type { AttemptRequest } from "../src/wire/attempt.ts";

const BOM = Buffer.of(0xef, 0xbb, 0xbf);
const CR = 0x0d;
const LF = 0x0a;

const SHELL_LANGUAGES = new Set(["bash", "dash"]);

/** The path of what a shell is to run; null where the program is none, or is judged whatever it is. */
export const shellScriptOf = ({ program, language, cases }: AttemptRequest): string | null => {
  if (cases !== undefined) return null;
  const isShell =
    language === undefined
      ? program.interpreter === "bash" || program.interpreter === "sh"
      : SHELL_LANGUAGES.has(language.id);
  return isShell ? program.entrypoint : null;
};

/**
 * Looks at a script as it passes by. A shell takes a byte order mark, and a CR at the end of a line, for part of a
 * command: a script whose first line or most lines have one was saved for another system. A few may be meant.
 */
export const createScriptCheck = () => {
  let start = Buffer.alloc(0);
  let previous = 0;
  let lines = 0;
  let foreign = 0;
  let isFirstForeign = false;
  return {
    take: (chunk: Uint8Array): void => {
      if (start.length < BOM.length) start = Buffer.concat([start, chunk.subarray(0, BOM.length)]);
      for (const byte of chunk) {
        if (byte === LF) {
          if (previous === CR) foreign += 1;
          if (lines === 0) isFirstForeign = previous === CR;
          lines += 1;
        }
        previous = byte;
      }
    },
    isForeign: (): boolean =>
      start.subarray(0, BOM.length).equals(BOM) ||
      isFirstForeign ||
      (lines === 0 && previous === CR) ||
      2 * foreign > lines,
  };
};
