import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { root } from "./local.ts";

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

const commandOf = (module: TestModule, name: string): string => {
  const file = relative(root, module.moduleId);
  return `npx vitest run --project ${module.project.name} ${file} -t ${quoted(`^${escaped(name)}$`)}`;
};

/** Names, for each test that failed, the command that repeats it alone. */
export default class RepeatReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const commands = modules.flatMap((module) =>
      [...module.children.allTests("failed")].map((test) => commandOf(module, test.fullName)),
    );
    if (commands.length > 0) process.stdout.write(`\nTo repeat what failed:\n  ${commands.join("\n  ")}\n`);
  }
}
