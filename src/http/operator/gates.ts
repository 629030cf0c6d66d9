import type { Deps } from "../../deps/types.ts";
import { type Block, blockValue } from "../../domain/access/block.ts";
import { blockList, blockView, done, maintenance, maintenanceView, newBlock } from "../../wire/operator.ts";
import type { OperatorOperation } from "./face.ts";
import { bodyAs, DONE, notFound, operation } from "./operation.ts";

const viewOf = ({ id, kind, value, reason, createdAtMs, untilMs }: Block) => ({
  id,
  kind,
  value,
  reason,
  created_at: createdAtMs,
  until: untilMs,
});

const blockOperations = (deps: Deps): OperatorOperation[] => [
  operation(
    deps,
    {
      method: "get",
      path: "/operator/blocks",
      operationId: "listBlocks",
      summary: "What is shut out now",
      answer: blockList,
    },
    async () => {
      const { blocks } = await deps.operations.gates();
      return { body: { blocks: blocks.map(viewOf) }, count: blocks.length };
    },
  ),
  operation(
    deps,
    {
      method: "post",
      path: "/operator/blocks",
      operationId: "addBlock",
      status: 201,
      summary: "Shut an address, a range, an owner or a program out; effective within 30 s",
      answer: blockView,
      body: newBlock,
    },
    async (call) => {
      const body = await bodyAs(call, newBlock);
      if (body instanceof Response) return body;
      const { kind, reason, until: untilMs } = body;
      const value = blockValue(kind, body.value);
      if (value === null)
        return call.face.refuse(call.c, { code: "unfit", message: `The value is no ${kind} to be blocked` });
      const block: Block = { id: deps.ids.jobId(), kind, value, reason, createdAtMs: deps.now(), untilMs };
      await deps.operations.addBlock(block);
      return { body: viewOf(block) };
    },
  ),
  operation(
    deps,
    {
      method: "delete",
      path: "/operator/blocks/{id}",
      operationId: "removeBlock",
      summary: "Take a block back",
      answer: done,
    },
    async (call) =>
      (await deps.operations.removeBlock(call.c.req.param("id") ?? ""))
        ? DONE
        : notFound(call, "There is no such block"),
  ),
];

const maintenanceOperations = (deps: Deps): OperatorOperation[] => [
  operation(
    deps,
    {
      method: "get",
      path: "/operator/maintenance",
      operationId: "getMaintenance",
      summary: "Whether new jobs are taken",
      answer: maintenanceView,
    },
    async () => {
      const { maintenance: message } = await deps.operations.gates();
      return { body: { on: message !== null, message } };
    },
  ),
  operation(
    deps,
    {
      method: "post",
      path: "/operator/maintenance",
      operationId: "setMaintenance",
      summary: "Take no new jobs, or take them again; what runs, runs on",
      answer: maintenanceView,
      body: maintenance,
    },
    async (call) => {
      const body = await bodyAs(call, maintenance);
      if (body instanceof Response) return body;
      const message = body.on ? body.message : null;
      await deps.operations.setMaintenance(message);
      return { body: { on: body.on, message } };
    },
  ),
];

export const gateOperations = (deps: Deps): OperatorOperation[] => [
  ...blockOperations(deps),
  ...maintenanceOperations(deps),
];
