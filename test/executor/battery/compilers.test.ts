import { describe, expect, it } from "vitest";
import { fileInput } from "../support/jobs.ts";
import { casesOf, type JudgedResult, orderFor, runLanguage } from "../support/judging.ts";
import { builtLanguageIds, languagesFolder } from "../support/languages.ts";
import { levels, withExecutor } from "../support/levels.ts";
import type { CompilerProbe } from "./compilers/probe.ts";
import { scriptProbes } from "./compilers/scripts.ts";
import { sourceProbes } from "./compilers/sources.ts";

const probes = [...sourceProbes, ...scriptProbes];
const built = builtLanguageIds();
const MIB = 1024 * 1024;
const limits = { timeoutMs: 4_000, cpuMs: 1_500, memoryBytes: 256 * MIB };
const textOf = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString("latin1");

it("is a battery of at least thirty probes of compile steps", () => {
  expect(probes.length).toBeGreaterThanOrEqual(30);
});

describe.each(levels)("at $name, a compile step that", ({ options }) => {
  const { executor, worker } = withExecutor({
    ...options,
    env: { ...options.env, EXECUTOR_LANGUAGES_DIR: languagesFolder, EXECUTOR_SLOTS: "3" },
  });
  const attackWith = ({
    language = "c",
    source,
    run = "true",
    flags = [],
  }: CompilerProbe): Promise<JudgedResult> => {
    const order = orderFor(language, { client: "attacker" });
    const isScript = language === "multi-file";
    return runLanguage(executor(), worker(), source, {
      language: { ...order, compile: { flags: [...flags], limits } },
      cases: casesOf([{ stdin: "input", expected: "expected-of-it" }]),
      ...(isScript
        ? { inputs: [fileInput("compile", source), fileInput("run", run)], entrypoint: "run" }
        : {}),
    });
  };
  const check = async (probe: CompilerProbe): Promise<void> => {
    const result = await attackWith(probe);
    const { compiled, cases } = result;
    expect(probe.compile).toContain(compiled?.status);
    const said = `${compiled?.output ?? ""}${textOf(cases[0]?.stdout)}${textOf(cases[0]?.stderr)}`;
    if (probe.never !== undefined) expect(said).not.toMatch(probe.never);
    if (typeof probe.stdout === "string") expect(textOf(cases[0]?.stdout)).toBe(probe.stdout);
    else if (probe.stdout !== undefined) expect(textOf(cases[0]?.stdout)).toMatch(probe.stdout);
    probe.also?.(result);
  };
  const tried = probes.filter(({ language = "c" }) => built.has(language));
  describe.runIf(tried.length > 0).concurrent("attacks", () => {
    for (const probe of tried) it(probe.attack, { timeout: 60_000 }, () => check(probe));
  });

  it("comes after all of them is unharmed", async () => {
    const { cases } = await runLanguage(executor(), worker(), "print('unharmed')", {
      language: orderFor("python"),
      cases: casesOf([{ expected: "unharmed" }]),
    });
    expect(cases[0]?.verdict).toBe("accepted");
    expect(executor().child.exitCode).toBeNull();
  });
});
