/** Characters that the original takes out before its shell sees a line. */
const REMOVED = /[$&;<>|`]/g;
/** An argument: plain characters, quoted parts and escaped characters, one behind the other. */
const ARGUMENT = /(?:[^\s"'\\]|\\[\s\S]?|"(?:[^"\\]|\\[\s\S])*"?|'[^']*'?)+/g;
const PIECE = /\\([\s\S]?)|"((?:[^"\\]|\\[\s\S])*)"?|'([^']*)'?/g;

const unquoted = (argument: string): string =>
  argument.replace(PIECE, (_piece, escaped?: string, double?: string, single?: string) =>
    double === undefined ? (escaped ?? single ?? "") : double.replace(/\\([\s\S])/g, "$1"),
  );

/** A line of arguments split as a shell would: quotes and backslashes, and no expansion of anything. */
export const splitArguments = (line: string): readonly string[] =>
  [...line.replace(REMOVED, "").matchAll(ARGUMENT)].map(([argument]) => unquoted(argument));
