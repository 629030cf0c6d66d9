/** One character of a pattern: itself, any but `/`, or one of a set. */
type Token = (char: string) => boolean;

const anyInName: Token = (char) => char !== "/";

const setOf = (body: string): Token => {
  const isNegated = body.startsWith("!") || body.startsWith("^");
  const members = isNegated ? body.slice(1) : body;
  const has = (char: string): boolean => {
    for (let at = 0; at < members.length; at += 1) {
      const [first = "", dash, last] = members.slice(at, at + 3);
      if (dash === "-" && last !== undefined) {
        if (char >= first && char <= last) return true;
        at += 2;
      } else if (char === first) return true;
    }
    return false;
  };
  return (char) => char !== "/" && has(char) !== isNegated;
};

const tokensOf = (text: string): readonly Token[] =>
  [...text.matchAll(/\[[!^]?[^\]/]+\]|[\s\S]/g)].map(([part]) => {
    if (part === "?") return anyInName;
    return part.length > 1 ? setOf(part.slice(1, -1)) : (char) => char === part;
  });

const fitsAt = (tokens: readonly Token[], path: string, at: number): boolean =>
  at >= 0 && at + tokens.length <= path.length && tokens.every((token, i) => token(path[at + i] ?? ""));

const findFrom = (tokens: readonly Token[], path: string, from: number): number => {
  for (let at = from; at + tokens.length <= path.length; at += 1) if (fitsAt(tokens, path, at)) return at;
  return -1;
};

const matchesGlob = (pattern: string, path: string): boolean => {
  const [head = [], ...rest] = pattern.replaceAll("**/", "*").split(/\*+/).map(tokensOf);
  if (!fitsAt(head, path, 0)) return false;
  if (rest.length === 0) return path.length === head.length;
  const tail = rest.pop() ?? [];
  let at = head.length;
  for (const part of rest) {
    const found = findFrom(part, path, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return path.length - tail.length >= at && fitsAt(tail, path, path.length - tail.length);
};

/**
 * Whether an output pattern selects a path.
 *
 * `*` matches any characters including `/`, as the reference's prefix and suffix forms do; `**` and a
 * leading `**` + `/` are the same, so that they match at the top too; `?` is one character and `[ab]`,
 * `[a-z]`, `[!a]` one of a set, but no `/`; a folder's name, with or without `/`, is everything below it.
 * A name that is spelled like the pattern is always selected. A search costs at most the path's length times the
 * pattern's.
 */
export const matchesPattern = (pattern: string, path: string): boolean => {
  const folder = pattern.endsWith("/") ? pattern : `${pattern}/`;
  return path === pattern || path.startsWith(folder) || matchesGlob(pattern, path);
};

/** Whether a list of patterns selects a path; an empty list selects everything. */
export const isSelected = (patterns: readonly string[], path: string): boolean =>
  patterns.length === 0 || patterns.some((pattern) => matchesPattern(pattern, path));
