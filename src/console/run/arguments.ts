const PART = /\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)"|([^\s\\'"]+)|(\s+)|(.)/gsu;

/** Words as a shell reads them: white space divides, quotes and backslashes hold together. Nothing is expanded. */
export const splitArguments = (text: string): string[] => {
  const words: string[] = [];
  let word: string | null = null;
  for (const [, escaped, single, double, plain, space, other] of text.matchAll(PART)) {
    if (space === undefined)
      word = (word ?? "") + (escaped ?? single ?? double?.replace(/\\(.)/gs, "$1") ?? plain ?? other);
    else if (word !== null) {
      words.push(word);
      word = null;
    }
  }
  return word === null ? words : [...words, word];
};
