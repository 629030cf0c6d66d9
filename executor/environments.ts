import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EnvironmentInfo } from "../src/wire/attempt.ts";
import { environmentName } from "../src/wire/vocabulary.ts";
import { type BuiltEnvironment, builtEnvironment, layerTarget } from "./environments/manifest.ts";
import type { Shape } from "./sandbox/profile.ts";

/** What a job of an environment gets beyond the bare system. */
export interface Environment {
  readonly info: Omit<EnvironmentInfo, "uses">;
  readonly layer: Shape["layer"];
  readonly variables: Readonly<Record<string, string>>;
}

export interface Environments {
  find(name: string): Environment | null;
  countUse(name: string): void;
  list(): readonly EnvironmentInfo[];
}

/** The executor's image has no package manager; a machine that has one shows programs all that it has below /usr. */
const sharesTheMachine = existsSync("/usr/bin/dpkg");

const plain: Environment = {
  info: {
    name: "default",
    description: `Python 3, Node.js and the shell, with their standard libraries.${
      sharesTheMachine
        ? " This executor runs on a machine of its owner's: programs see what is installed below its /usr (compilers, for example), which the image does not have."
        : ""
    }`,
    interpreters: ["python3", "node", "bash", "sh"],
    packages: [],
    diskBytes: 0,
  },
  layer: null,
  variables: {},
};

const below = (target: string, paths: readonly string[]): string =>
  paths.map((path) => `${target}/${path}`).join(":");

const searchVariables = (target: string, built: BuiltEnvironment): Record<string, string> =>
  Object.fromEntries(
    Object.entries({
      PYTHONPATH: below(target, built.pythonPath),
      PATH: below(target, built.path),
      LD_LIBRARY_PATH: below(target, built.libraryPath),
    }).filter(([, value]) => value !== ""),
  );

const readEnvironment = (folder: string, name: string): Environment => {
  const text = readFileSync(join(folder, name, "environment.json"), "utf8");
  const built = builtEnvironment.parse(JSON.parse(text));
  const { description, interpreters, packages, diskBytes } = built;
  const target = layerTarget(name);
  return {
    info: { name, description, interpreters, packages, diskBytes },
    layer: {
      source: join(folder, name),
      target,
      nodeModules: built.nodeModules === null ? null : `${target}/${built.nodeModules}`,
    },
    variables: { ...built.variables, ...searchVariables(target, built) },
  };
};

/** The layers in a folder; one that is being built has a name that is no environment's. */
export const readEnvironments = (folder: string): readonly Environment[] => {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => environmentName.safeParse(name).success)
    .map((name) => readEnvironment(folder, name));
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
