/// <reference types="node" />
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readManifests } from "../../../executor/environments/manifest.ts";
import { languageSets } from "../../../executor/languages/sets.ts";
import { together } from "../../../src/domain/pool/capabilities.ts";
import { imageBuild } from "../../../src/wire/image-build.ts";
import { languages } from "../../../src/wire/languages/registry.ts";

const chosen = (name: string): readonly string[] => {
  const dockerfile = readFileSync("executor/Dockerfile", "utf8");
  return new RegExp(`^ARG ${name}="(.*)"$`, "m").exec(dockerfile)?.[1]?.split(" ") ?? [];
};

describe("what the image is known to hold before an executor in it joins", () => {
  it("is what its file builds, with the packages of the manifests", () => {
    const expected = chosen("ENVIRONMENTS").map((name) => {
      const { description, interpreters, debianPackages } = readManifests().get(name) ?? {};
      return { name, description, interpreters, packages: debianPackages };
    });
    const known = imageBuild.environments.map(({ name, description, interpreters, packages }) => ({
      name,
      description,
      interpreters,
      packages: packages.map((text) => text.split(" ")[0]),
    }));
    expect(known.filter(({ name }) => name !== "default").sort(byName)).toEqual(expected.sort(byName));
    expect(known.map(({ name }) => name)).toContain("default");
  });

  it("has the languages of the set that its file builds, and those of every machine", () => {
    const set = chosen("LANGUAGES").flatMap((name) => languageSets.get(name) ?? [name]);
    const own = languages.filter(({ layer }) => layer === "default").map(({ id }) => id);
    expect(imageBuild.languages.map(({ id }) => id).sort()).toEqual([...set, ...own].sort());
    expect(imageBuild.languages.filter(({ version }) => !/^\d/.test(version))).toEqual([]);
  });
});

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

it("takes the first one's word for what several have", () => {
  const language = (id: string, version: string) => ({ id, version, versionText: version });
  const found = together([
    { environments: [], languages: [language("c", "12")] },
    { environments: [], languages: [language("c", "13"), language("go", "1")] },
  ]);
  expect(found.languages).toEqual([language("c", "12"), language("go", "1")]);
});
