/**
 * Whether an output pattern selects a path (contract runs.md section 7, with `dir/` and `**` added).
 *
 * `*` matches any characters including `/`, as the reference's prefix and suffix forms do; `**` and a
 * leading `**` + `/` are the same, so that they match at the top too; `dir/` matches everything below
 * `dir`; every other character is literal. Linear in the path's length, whatever the pattern.
 */
export const matchesPattern = (pattern: string, path: string): boolean => {
  if (pattern.endsWith("/")) return path.startsWith(pattern);
  const [head = "", ...rest] = pattern.replaceAll("**/", "*").split(/\*+/);
  if (rest.length === 0) return path === pattern;
  if (!path.startsWith(head)) return false;
  const tail = rest.pop() ?? "";
  let at = head.length;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return path.length - tail.length >= at && path.endsWith(tail);
};

/** Whether a list of patterns selects a path; an empty list selects everything. */
export const isSelected = (patterns: readonly string[], path: string): boolean =>
  patterns.length === 0 || patterns.some((pattern) => matchesPattern(pattern, path));
