import type { Command } from "commander";
import { z } from "zod";
import { REBUILT_AT_ONCE, rebuilt } from "../../wire/operator.ts";
import { type Connection, connectionOf } from "../connection.ts";
import { type Api, openApi } from "../deploy/api.ts";
import { namesOf } from "../deploy/names.ts";
import { addTargetOptions, type Target } from "../deploy/options.ts";
import { readConfig } from "../deploy/project.ts";
import { runWrangler } from "../deploy/wrangler.ts";
import { CommandFailed } from "../failure.ts";
import { printAnswer } from "../output.ts";
import { callOperator } from "../service-call.ts";

/** The classes whose objects have rows, and what the service calls them. */
const KINDS = { JobObject: "jobs", TypedJobObject: "typed_jobs" } as const;
type Kind = (typeof KINDS)[keyof typeof KINDS];
type Rebuilt = z.infer<typeof rebuilt>;

const namespaces = z.array(z.looseObject({ id: z.string(), script: z.string(), class: z.string() }));
const objects = z.array(z.looseObject({ id: z.string(), hasStoredData: z.boolean().optional() }));

/** Ids of the objects that store something, page by page. */
async function* objectsOf(api: Api, namespace: string): AsyncIterable<string[]> {
  const path = `/workers/durable_objects/namespaces/${namespace}/objects?limit=1000`;
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await api.page(path + query, objects);
    yield page.items.filter(({ hasStoredData }) => hasStoredData !== false).map(({ id }) => id);
    cursor = page.cursor;
  }
}

const rebuildAll = async (connection: Connection, kind: Kind, ids: readonly string[], total: Rebuilt) => {
  for (let at = 0; at < ids.length; at += REBUILT_AT_ONCE) {
    const body = { kind, objects: ids.slice(at, at + REBUILT_AT_ONCE) };
    const call = { method: "POST", path: "/operator/rebuild", body } as const;
    const answer = await callOperator(connection, call, rebuilt);
    total.rebuilt += answer.rebuilt;
    total.empty += answer.empty;
    total.failed += answer.failed;
    process.stderr.write(`${total.rebuilt} rows of ${total.rebuilt + total.empty + total.failed} objects\n`);
  }
};

/** `sandpiper rebuild`: rows of the database from the objects, which own what the rows show. */
export const addRebuild = (program: Command): void => {
  addTargetOptions(program.command("rebuild"))
    .description("write the database's rows again from the jobs' objects (operator, and the account's API)")
    .action(async (_options: unknown, command: Command) => {
      const connection = connectionOf(command);
      const { worker } = namesOf(readConfig(), command.opts<Target>());
      const api = await openApi(runWrangler);
      const all = (await api.account("/workers/durable_objects/namespaces", namespaces)) ?? [];
      const own = all.filter(({ script }) => script === worker);
      if (own.length === 0) throw new CommandFailed(`The account has no objects of a Worker ${worker}.`);
      const total: Rebuilt = { rebuilt: 0, empty: 0, failed: 0 };
      for (const [className, kind] of Object.entries(KINDS)) {
        const namespace = own.find((one) => one.class === className);
        if (namespace === undefined) continue;
        for await (const ids of objectsOf(api, namespace.id)) await rebuildAll(connection, kind, ids, total);
      }
      printAnswer(command, total, () => `Wrote ${total.rebuilt} rows; ${total.failed} could not be written.`);
    });
};
