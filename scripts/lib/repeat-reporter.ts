import { relative } from "node:path";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { root } from "./local.ts";

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

const commandOf = (module: TestModule, name: string): string => {
  const file = relative(root, module.moduleId);
  return `npx vitest run --project ${module.project.name} ${file} -t ${quoted(`^${escaped(name)}$`)}`;
};

/** What a test failed with, in a line. */
const reasonOf = (test: TestCase): string => {
  const [error] = test.result().errors ?? [];
  return (error?.message ?? "no reason given").split("\n", 1)[0]?.slice(0, 200) ?? "";
};

/** The line after which the check finds what it says again at its end. */
export const REPEAT_HEADING = "To repeat what failed:";

/** Names, for each test that failed, the command that repeats it alone, and with what it failed. */
export default class RepeatReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) =>
      [...module.children.allTests("failed")].flatMap((test) => [
        commandOf(module, test.fullName),
        `  ${reasonOf(test)}`,
      ]),
    );
    if (lines.length > 0) process.stdout.write(`\n${REPEAT_HEADING}\n  ${lines.join("\n  ")}\n`);
  }
}
