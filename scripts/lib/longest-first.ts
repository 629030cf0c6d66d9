import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that mostly wait, for a lease or an installation, longest first: begun last, they would hold up the end. */
const LONGEST = ["e2e/package", "e2e/pool", "e2e/start", "e2e/operator", "e2e/command"];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const at = LONGEST.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`));
  return at === -1 ? LONGEST.length : at;
};

/** vitest's own order, which knows no durations on a clean clone, after those that are known to take long. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}
