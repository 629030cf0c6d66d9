import { describe, expect, it } from "vitest";
import { languages } from "../../../src/wire/languages/registry.ts";
import { casesOf, orderFor, runLanguage } from "../support/judging.ts";
import { builtLanguageIds, languagesFolder, sayUntested } from "../support/languages.ts";
import { levels, withExecutor } from "../support/levels.ts";
import { functionalPrograms } from "./programs/functional.ts";
import { machinePrograms } from "./programs/machines.ts";
import { nativePrograms } from "./programs/native.ts";
import { scriptPrograms } from "./programs/scripts.ts";
import type { Programs } from "./programs/types.ts";

const programs: Readonly<Record<string, Programs>> = {
  ...nativePrograms,
  ...machinePrograms,
  ...functionalPrograms,
  ...scriptPrograms,
};
const built = builtLanguageIds();
const isThere = (id: string): boolean =>
  languages.find((one) => one.id === id)?.layer === "default" || built.has(id);
/** Not written in, but run or shown as they are. */
const NO_LANGUAGES = ["executable", "multi-file", "text"];
const written = languages.filter(({ id }) => !NO_LANGUAGES.includes(id));
const tried = written.filter(({ id }) => isThere(id));
sayUntested(languages.filter(({ id }) => !isThere(id)).map(({ id }) => id));

it("has programs for every language of the registry", () => {
  expect(Object.keys(programs).sort()).toEqual(written.map(({ id }) => id).sort());
});

describe.each(levels)("at $name", ({ options }) => {
  const { executor, worker } = withExecutor({
    ...options,
    env: { ...options.env, EXECUTOR_LANGUAGES_DIR: languagesFolder },
  });

  describe.each(tried)("a program in $id", ({ id, compile }) => {
    const run = (source: string) =>
      runLanguage(executor(), worker(), source, {
        language: orderFor(id),
        cases: casesOf([{ stdin: "2 40\n" }]),
      });
    const outputOf = (text: string | undefined): string => Buffer.from(text ?? "", "base64").toString();
    const { hello = "", sum = "", sumShown = "42 é", malformed = "", failing = null } = programs[id] ?? {};

    it("says hello, and adds two numbers that it reads", { timeout: 60_000 }, async () => {
      for (const [source, expected] of [
        [hello, "OK"],
        [sum, sumShown],
      ] as const) {
        const { compiled, cases } = await run(source);
        const said = `${compiled?.output ?? ""}${outputOf(cases[0]?.stderr)}`;
        expect([said, outputOf(cases[0]?.stdout).trim()]).toEqual([said, expected]);
        expect(cases[0]?.verdict).toBe("accepted");
      }
    });

    it("is refused when it is malformed, and told apart when it fails", { timeout: 60_000 }, async () => {
      const { finished, compiled, cases } = await run(malformed);
      if (compile === null) expect(cases[0]?.verdict).toBe("runtime_error");
      else {
        expect([finished.reason, finished.judged?.verdict]).toEqual(["compile_error", "compile_error"]);
        expect(compiled).toMatchObject({ status: "error", cached: false });
        expect(compiled?.output).not.toBe("");
        expect(cases).toEqual([]);
      }
      if (failing === null) return;
      const failed = await run(failing);
      expect(failed.compiled?.status ?? "ok").toBe("ok");
      expect(failed.cases[0]?.verdict).toBe("runtime_error");
    });
  });
});
