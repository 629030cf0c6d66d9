import type { Command } from "commander";
import type { z } from "zod";
import { blockList, blockView, done, maintenanceView } from "../../wire/operator.ts";
import { connectionOf } from "../connection.ts";
import { type Column, printAnswer, printRows } from "../output.ts";
import { callOperator } from "../service-call.ts";

const columns: readonly Column<z.infer<typeof blockView>>[] = [
  { title: "ID", of: ({ id }) => id },
  { title: "KIND", of: ({ kind }) => kind },
  { title: "VALUE", of: ({ value }) => value },
  { title: "UNTIL", of: ({ until }) => (until === null ? null : new Date(until).toISOString()) },
  { title: "REASON", of: ({ reason }) => reason },
];

/** `sandpiper blocks`: who and what is shut out. */
export const addBlocks = (program: Command): void => {
  const blocks = program.command("blocks").description("who and what is shut out (operator)");
  blocks
    .command("list", { isDefault: true })
    .description("what is shut out now")
    .action(async (_options: unknown, command: Command) => {
      const answer = await callOperator(connectionOf(command), { path: "/operator/blocks" }, blockList);
      printRows(command, answer, answer.blocks, columns);
    });
  blocks
    .command("add <kind> <value> <reason>")
    .description(
      "shut out an address, a range, an owner, a key (by its id) or a job_hash; effective within 30 s",
    )
    .option("--hours <count>", "ends after so many hours", Number)
    .action(async (kind: string, value: string, reason: string, _options: unknown, command: Command) => {
      const { hours } = command.opts<{ hours?: number }>();
      const until = hours === undefined ? null : Math.round(Date.now() + hours * 3_600_000);
      const body = { kind, value, reason, until };
      const call = { method: "POST", path: "/operator/blocks", body } as const;
      const answer = await callOperator(connectionOf(command), call, blockView);
      printRows(command, answer, [answer], columns);
    });
  blocks
    .command("remove <id>")
    .description("take a block back")
    .action(async (id: string, _options: unknown, command: Command) => {
      const call = { method: "DELETE", path: `/operator/blocks/${encodeURIComponent(id)}` } as const;
      printAnswer(command, await callOperator(connectionOf(command), call, done), () => `Removed ${id}.`);
    });
};

/** `sandpiper maintenance`: whether new jobs are taken. */
export const addMaintenance = (program: Command): void => {
  program
    .command("maintenance [on|off]")
    .description("take no new jobs, or take them again; without an argument, tell which (operator)")
    .option("--message <text>", "what submitters are told")
    .action(async (state: string | undefined, _options: unknown, command: Command) => {
      const { message } = command.opts<{ message?: string }>();
      const path = "/operator/maintenance";
      const body = { on: state === "on", ...(message === undefined ? {} : { message }) };
      if (state !== undefined && state !== "on" && state !== "off") command.error("It is on or off.");
      const call = state === undefined ? { path } : ({ method: "POST", path, body } as const);
      const answer = await callOperator(connectionOf(command), call, maintenanceView);
      printAnswer(command, answer, () => (answer.on ? `On: ${answer.message}` : "Off: new jobs are taken."));
    });
};
