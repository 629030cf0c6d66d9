import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { type Command, InvalidArgumentError } from "commander";
import { done, type KeyView, keyList, madeKey } from "../../wire/operator.ts";
import { connectionOf } from "../connection.ts";
import { type Column, printAnswer, printRows } from "../output.ts";
import { callOperator } from "../service-call.ts";

const at = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

const columns: readonly Column<KeyView>[] = [
  { title: "ID", of: ({ id }) => id },
  { title: "OWNER", of: ({ owner }) => owner },
  { title: "NAME", of: ({ name }) => name },
  { title: "FOR", of: ({ scopes }) => scopes.join(",") },
  { title: "CLASS", of: ({ quota_class }) => quota_class },
  { title: "ENDS", of: ({ revoked_at, expires_at }) => at(revoked_at ?? expires_at) },
  { title: "LAST USED", of: ({ last_used_day }) => last_used_day },
];

const days = (value: string): number => {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError("It must be a whole number of days.");
  return count;
};

const shownOnce = (key: string | null, { id, owner }: KeyView): string =>
  `${key === null ? "" : `${key}\n`}Key ${id} of ${owner}${key === null ? "" : "; its text is shown this once"}.`;

const addCreate = (keys: Command): void => {
  keys
    .command("create <owner>")
    .description("make a key; its text is shown once")
    .option("--name <name>", "what the key is for", "")
    .option("--for <scopes>", "runs, jobs, workloads, work; with commas between them", "runs,jobs,workloads")
    .option("--class <name>", "quota class", "default")
    .option("--days <count>", "ends after so many days", days)
    .action(async (owner: string, _options: unknown, command: Command) => {
      const options = command.opts<{ name: string; for: string; class: string; days?: number }>();
      const expires = options.days === undefined ? null : Date.now() + options.days * 86_400_000;
      const body = {
        owner,
        name: options.name,
        scopes: options.for.split(","),
        quota_class: options.class,
        expires_at: expires,
      };
      const call = { method: "POST", path: "/operator/keys", body } as const;
      const made = await callOperator(connectionOf(command), call, madeKey);
      printAnswer(command, made, () => shownOnce(made.key, made.details));
    });
};

const addImport = (keys: Command): void => {
  keys
    .command("import")
    .description(
      "take over keys that holders have already: their texts, one a line or with commas, on standard input",
    )
    .option("--owner <owner>", "whose they all are; without it each is an owner of its own, by its hash")
    .action(async (_options: unknown, command: Command) => {
      const { owner } = command.opts<{ owner?: string }>();
      const texts = (await text(process.stdin)).split(/[\n,]/).map((line) => line.trim());
      const made: KeyView[] = [];
      for (const key of texts.filter((line) => line !== "")) {
        const hash = createHash("sha256").update(key).digest("hex");
        const body = { owner: owner ?? hash, name: "imported", hash };
        const call = { method: "POST", path: "/operator/keys", body } as const;
        made.push((await callOperator(connectionOf(command), call, madeKey)).details);
      }
      printRows(command, { keys: made }, made, columns);
    });
};

/** `sandpiper keys`: the keys of a deployment, for its operator. */
export const addKeys = (program: Command): void => {
  const keys = program.command("keys").description("keys of the service (operator)");
  keys
    .command("list", { isDefault: true })
    .description("all keys, without their texts")
    .action(async (_options: unknown, command: Command) => {
      const all: KeyView[] = [];
      for (let next: string | null = ""; next !== null; ) {
        const query: string = next === "" ? "" : `?cursor=${encodeURIComponent(next)}`;
        const page = await callOperator(connectionOf(command), { path: `/operator/keys${query}` }, keyList);
        all.push(...page.keys);
        next = page.next;
      }
      printRows(command, { keys: all }, all, columns);
    });
  addCreate(keys);
  addImport(keys);
  keys
    .command("rotate <id>")
    .description("make a key like this one, which ends after a while")
    .option("--grace <seconds>", "how long the old one still works", Number, 86_400)
    .action(async (id: string, _options: unknown, command: Command) => {
      const { grace } = command.opts<{ grace: number }>();
      const path = `/operator/keys/${encodeURIComponent(id)}/rotate`;
      const call = { method: "POST", path, body: { grace_seconds: grace } } as const;
      const made = await callOperator(connectionOf(command), call, madeKey);
      printAnswer(command, made, () => shownOnce(made.key, made.details));
    });
  keys
    .command("revoke <id>")
    .description("end a key; it works for at most 30 s more")
    .action(async (id: string, _options: unknown, command: Command) => {
      const call = { method: "DELETE", path: `/operator/keys/${encodeURIComponent(id)}` } as const;
      printAnswer(command, await callOperator(connectionOf(command), call, done), () => `Revoked ${id}.`);
    });
};
