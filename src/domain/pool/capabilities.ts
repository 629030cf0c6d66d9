import type { Capabilities } from "../ports/pool.ts";

const firstOfEach = <T>(all: readonly T[], keyOf: (one: T) => string): T[] => {
  const known = new Map<string, T>();
  for (const one of all) if (!known.has(keyOf(one))) known.set(keyOf(one), one);
  return [...known.values()];
};

/** What several can run together; of what more than one has, the first one's word counts. */
export const together = (all: readonly Capabilities[]): Capabilities => ({
  environments: firstOfEach(
    all.flatMap(({ environments }) => environments),
    ({ name }) => name,
  ),
  languages: firstOfEach(
    all.flatMap(({ languages }) => languages),
    ({ id }) => id,
  ),
});
