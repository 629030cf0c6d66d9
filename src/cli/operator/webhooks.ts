import type { Command } from "commander";
import type { z } from "zod";
import { deliveryList, type deliveryRow, done } from "../../wire/operator.ts";
import { connectionOf } from "../connection.ts";
import { type Column, printAnswer, tableOf } from "../output.ts";
import { callOperator } from "../service-call.ts";

const columns: readonly Column<z.infer<typeof deliveryRow>>[] = [
  { title: "ID", of: ({ id }) => id },
  { title: "STATE", of: ({ state }) => state },
  { title: "EVENT", of: ({ type }) => type },
  { title: "ATTEMPTS", of: ({ attempts }) => attempts },
  { title: "LAST", of: ({ last_status: status, last_error: error }) => status ?? error },
  { title: "TRIED", of: ({ updated_at: at }) => new Date(at).toISOString() },
];

type Options = { state?: string; limit: number; cursor?: string };

const queryOf = ({ state, limit, cursor }: Options): URLSearchParams =>
  new URLSearchParams({
    limit: String(limit),
    ...(state === undefined ? {} : { state }),
    ...(cursor === undefined ? {} : { cursor }),
  });

/** `sandpiper webhooks`: deliveries, and sending one again. */
export const addWebhooks = (program: Command): void => {
  const webhooks = program.command("webhooks").description("deliveries of webhooks (operator)");
  webhooks
    .command("list", { isDefault: true })
    .description("deliveries of the last week, those that failed first")
    .option("--state <state>", "failed, disabled, pending or delivered")
    .option("--limit <count>", "how many", Number, 50)
    .option("--cursor <cursor>", "where the page before ended")
    .action(async (_options: unknown, command: Command) => {
      const path = `/operator/webhooks?${queryOf(command.opts<Options>())}`;
      const answer = await callOperator(connectionOf(command), { path }, deliveryList);
      const more = answer.next === null ? "" : `\nMore: --cursor ${answer.next}`;
      printAnswer(command, answer, () => tableOf(answer.deliveries, columns) + more);
    });
  webhooks
    .command("replay <id>")
    .description("send a delivery again that has not arrived")
    .action(async (id: string, _options: unknown, command: Command) => {
      const path = `/operator/webhooks/${encodeURIComponent(id)}/replay`;
      const answer = await callOperator(connectionOf(command), { method: "POST", path }, done);
      printAnswer(command, answer, () => `${id} is sent again.`);
    });
};
