/** A piece of a pattern between its stars: it has as many characters as it matches. */
type Piece = {
  readonly length: number;
  /** Whether it stands at this place of the path. */
  fitsAt(path: string, at: number): boolean;
  /** The first place from `from` on at which it stands, or -1. */
  findFrom(path: string, from: number): number;
};

const PART = /\[[!^]?[^\]/]+\]|[\s\S]/g;

const escaped = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");

/** A set such as `[a-z_]` or `[!a]`, as a class of a regular expression that never matches `/`. */
const classOf = (set: string): string => {
  const body = set.slice(1, -1);
  const isNegated = body.startsWith("!") || body.startsWith("^");
  const members = isNegated ? body.slice(1) : body;
  const pieces: string[] = [];
  for (let at = 0; at < members.length; at += 1) {
    const [first = "", dash, last] = members.slice(at, at + 3);
    if (dash !== "-" || last === undefined) pieces.push(escaped(first));
    else {
      if (first <= last) pieces.push(`${escaped(first)}-${escaped(last)}`);
      at += 2;
    }
  }
  const inside = pieces.join("");
  return isNegated ? `[^/${inside}]` : `(?!/)[${inside}]`;
};

const literal = (text: string): Piece => ({
  length: text.length,
  fitsAt: (path, at) => path.startsWith(text, at),
  findFrom: (path, from) => path.indexOf(text, from),
});

/** Each part matches one character, so that a search is the path's length times the piece's, and no more. */
const expression = (parts: readonly string[]): Piece => {
  const source = parts.map((part) => {
    if (part === "?") return "[^/]";
    return part.length > 1 ? classOf(part) : escaped(part);
  });
  const [anywhere, here] = [new RegExp(source.join(""), "g"), new RegExp(source.join(""), "y")];
  return {
    length: parts.length,
    fitsAt: (path, at) => {
      here.lastIndex = at;
      return here.test(path);
    },
    findFrom: (path, from) => {
      anywhere.lastIndex = from;
      return anywhere.exec(path)?.index ?? -1;
    },
  };
};

const pieceOf = (text: string): Piece => {
  const parts = text.match(PART) ?? [];
  return parts.some((part) => part === "?" || part.length > 1) ? expression(parts) : literal(text);
};

const globOf = (pattern: string): ((path: string) => boolean) => {
  const [head = literal(""), ...rest] = pattern.replaceAll("**/", "*").split(/\*+/).map(pieceOf);
  const tail = rest.pop();
  return (path) => {
    if (!head.fitsAt(path, 0)) return false;
    if (tail === undefined) return path.length === head.length;
    let at = head.length;
    for (const piece of rest) {
      const found = piece.findFrom(path, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return path.length - tail.length >= at && tail.fitsAt(path, path.length - tail.length);
  };
};

/** Whether a pattern is more than a name. */
export const isWild = (pattern: string): boolean => /[*?[]/.test(pattern);

/** Whether one of the folders above a path is in the set, each with its slash. */
const isBelow = (folders: ReadonlySet<string>, path: string): boolean => {
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    if (folders.has(path.slice(0, at + 1))) return true;
  }
  return false;
};

/**
 * Which paths a list of output patterns selects; an empty list selects everything.
 *
 * `*` matches any characters including `/`, as the reference's prefix and suffix forms do; `**` and a
 * leading `**` + `/` are the same, so that they match at the top too; `?` is one character and `[ab]`,
 * `[a-z]`, `[!a]` one of a set, but no `/`; a folder's name, with or without `/`, is everything below it.
 * A name that is spelled like the pattern is always selected. Names cost one look, however many there are; a
 * wild pattern costs at most the path's length times its own, so that callers bound how many there are.
 */
export const selectorOf = (patterns: readonly string[]): ((path: string) => boolean) => {
  if (patterns.length === 0) return () => true;
  const names = new Set(patterns);
  const folders = new Set(patterns.map((pattern) => (pattern.endsWith("/") ? pattern : `${pattern}/`)));
  const globs = patterns.filter(isWild).map(globOf);
  return (path) => names.has(path) || isBelow(folders, path) || globs.some((glob) => glob(path));
};
