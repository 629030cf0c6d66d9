/** A version as semver wants it: three numbers without leading zeros. */
export const semverOf = (version: string): string => {
  const numbers = version.split(/[^0-9]+/).filter((part) => part !== "");
  return [0, 1, 2].map((at) => String(Number(numbers[at] ?? 0))).join(".");
};

type Bound = readonly [number, number, number];

const COMPARATOR =
  /^(\^|~|>=|<=|>|<|=)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:[-+][0-9A-Za-z.-]+)?$/;

const compare = (one: Bound, other: Bound): number =>
  one[0] - other[0] || one[1] - other[1] || one[2] - other[2];

/** The lowest version above a prefix of so many numbers. */
const above = ([major, minor, patch]: Bound, given: number): Bound => {
  if (given === 0) return [Number.POSITIVE_INFINITY, 0, 0];
  if (given === 1) return [major + 1, 0, 0];
  return given === 2 ? [major, minor + 1, 0] : [major, minor, patch + 1];
};

/** What `^` leaves alone: all up to the first number that is not 0. */
const caretOf = (low: Bound, given: number): Bound => {
  const first = low.findIndex((number) => number !== 0);
  return above(low, first < 0 ? Math.max(1, given) : Math.min(first + 1, Math.max(1, given)));
};

/** Whether a version fits one comparator; null where that is none. */
const fitsOne = (version: Bound, comparator: string): boolean | null => {
  const found = COMPARATOR.exec(comparator);
  if (found === null) return null;
  const parts = found.slice(2, 5);
  const open = parts.findIndex((part) => part === undefined || /^[xX*]$/.test(part));
  const given = open < 0 ? 3 : open;
  const number = (at: number): number => (at < given ? Number(parts[at]) : 0);
  const low: Bound = [number(0), number(1), number(2)];
  switch (found[1]) {
    case "^":
      return compare(version, low) >= 0 && (given === 0 || compare(version, caretOf(low, given)) < 0);
    case "~":
      return compare(version, low) >= 0 && compare(version, above(low, Math.min(given, 2))) < 0;
    case ">=":
      return compare(version, low) >= 0;
    case ">":
      return compare(version, above(low, given)) >= 0;
    case "<":
      return compare(version, low) < 0;
    case "<=":
      return compare(version, above(low, given)) < 0;
    default:
      return compare(version, low) >= 0 && compare(version, above(low, given)) < 0;
  }
};

/** Whether a version fits a selector such as `3`, `3.x`, `^3.9.0`, `>=1 <2 || 3` or `*`; null for no selector. */
export const fitsSelector = (version: string, selector: string): boolean | null => {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const choices = selector.split("||").map((choice) =>
    choice
      .trim()
      .replace(/(\^|~|>=|<=|>|<|=)\s+/g, "$1")
      .split(/\s+/)
      .map((comparator) => fitsOne([major, minor, patch], comparator)),
  );
  if (choices.flat().includes(null)) return null;
  return choices.some((all) => all.every((fits) => fits === true));
};
