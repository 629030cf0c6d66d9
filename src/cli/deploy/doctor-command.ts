import type { Command } from "commander";
import { createClient } from "../../client/index.ts";
import { EXIT } from "../failure.ts";
import { printAnswer } from "../output.ts";
import { dockerProblem, isPaid } from "./checks.ts";
import { type Context, openContext } from "./context.ts";
import { diagnose, type Finding, type Observed } from "./diagnosis.ts";
import { addTargetOptions } from "./options.ts";
import { wantsContainers } from "./template.ts";

const observe = async ({ api, choices, publicUrl }: Context): Promise<Observed> => {
  const health = await createClient({ baseUrl: publicUrl })
    .health({ signal: AbortSignal.timeout(10_000) })
    .catch(() => null);
  return {
    paid: await isPaid(api),
    dockerProblem: wantsContainers(choices) ? dockerProblem() : null,
    answers: health !== null,
    joined: health?.executor.status === "joined",
  };
};

const text = (findings: readonly Finding[]): string =>
  findings
    .map(
      ({ check, ok, found, remedy }) =>
        `${ok ? "ok  " : "MEND"}  ${check}: ${found}${remedy === null ? "" : `\n      ${remedy}`}`,
    )
    .join("\n");

export const addDoctor = (program: Command): void => {
  addTargetOptions(program.command("doctor"))
    .description(
      "Finds what is wrong with a deployment, each with the command that mends it; ends with 1 where something is",
    )
    .action(async (_options, command: Command) => {
      const context = await openContext(command);
      const findings = diagnose(context, await observe(context));
      printAnswer(command, { worker: context.names.worker, findings }, () => text(findings));
      if (findings.some(({ ok }) => !ok)) process.exitCode = EXIT.failed;
    });
};
