import type { EnvironmentInfo } from "../src/wire/attempt.ts";

/** What a job of an environment gets beyond the bare system. */
export interface Environment {
  readonly info: Omit<EnvironmentInfo, "uses">;
  readonly layer: { readonly source: string; readonly target: string } | null;
  readonly variables: Readonly<Record<string, string>>;
}

export interface Environments {
  find(name: string): Environment | null;
  countUse(name: string): void;
  list(): readonly EnvironmentInfo[];
}

const plain: Environment = {
  info: {
    name: "default",
    description: "Python 3, Node.js and the shell, with their standard libraries.",
    interpreters: ["python3", "node", "bash", "sh"],
    packages: [],
    diskBytes: 0,
  },
  layer: null,
  variables: {},
};

/** The environments that are really there; `default` always is. */
export const createEnvironments = (built: readonly Environment[]): Environments => {
  const known = new Map([plain, ...built].map((environment) => [environment.info.name, environment]));
  const uses = new Map<string, number>();
  return {
    find: (name) => known.get(name) ?? null,
    countUse: (name) => {
      uses.set(name, (uses.get(name) ?? 0) + 1);
    },
    list: () => [...known.values()].map(({ info }) => ({ ...info, uses: uses.get(info.name) ?? 0 })),
  };
};
