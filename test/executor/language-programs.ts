import { describe, expect, it } from "vitest";
import type { Reach } from "./contract.ts";
import { functionalPrograms } from "./languages/programs/functional.ts";
import { machinePrograms } from "./languages/programs/machines.ts";
import { nativePrograms } from "./languages/programs/native.ts";
import { scriptPrograms } from "./languages/programs/scripts.ts";
import { casesOf, orderFor, runLanguage } from "./support/judging.ts";

const programs = { ...nativePrograms, ...machinePrograms, ...functionalPrograms, ...scriptPrograms };

/** That an executor has these languages: each adds two numbers that it reads. */
export const describeLanguagePrograms = ({ executor, worker }: Reach, ids: readonly string[]): void => {
  describe.each(ids.filter((id) => id in programs))("a program in %s", (id) => {
    it("adds two numbers", { timeout: 60_000 }, async () => {
      const { sum = "", sumShown = "42 é" } = programs[id] ?? {};
      const { cases } = await runLanguage(executor(), worker(), sum, {
        language: orderFor(id),
        cases: casesOf([{ stdin: "2 40\n", expected: sumShown }]),
      });
      expect(cases.map(({ verdict }) => verdict)).toEqual(["accepted"]);
    });
  });
};
