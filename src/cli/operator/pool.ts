import type { Command } from "commander";
import type { z } from "zod";
import { done, type executorView, poolView } from "../../wire/operator.ts";
import { connectionOf } from "../connection.ts";
import { type Column, printAnswer, tableOf } from "../output.ts";
import { callOperator, readAsOperator } from "../service-call.ts";

type Executor = z.infer<typeof executorView>;
const figure = (name: string): Column<Executor> => ({
  title: name.toUpperCase(),
  of: (executor) => {
    const value = executor[name];
    return typeof value === "number" || typeof value === "string" ? value : null;
  },
});
const columns = ["name", "instance", "state", "kind", "slots", "held", "lost"].map(figure);

/** `sandpiper pool`, `drain` and `metrics`. */
export const addPool = (program: Command): void => {
  program
    .command("pool")
    .description("executors, and how many programs wait (operator)")
    .action(async (_options: unknown, command: Command) => {
      const answer = await callOperator(connectionOf(command), { path: "/pool" }, poolView);
      printAnswer(
        command,
        answer,
        () => `${tableOf(answer.executors, columns)}\n${answer.waiting} programs wait.`,
      );
    });
  program
    .command("drain <instance>")
    .description("let an executor finish what it has and go (operator)")
    .action(async (instance: string, _options: unknown, command: Command) => {
      const path = `/operator/pool/${encodeURIComponent(instance)}/drain`;
      const answer = await callOperator(connectionOf(command), { method: "POST", path }, done);
      printAnswer(command, answer, () => `${instance} takes no more programs.`);
    });
  program
    .command("metrics")
    .description("the deployment's state in Prometheus' text format (operator)")
    .action(async (_options: unknown, command: Command) => {
      process.stdout.write(await readAsOperator(connectionOf(command), "/metrics"));
    });
};
