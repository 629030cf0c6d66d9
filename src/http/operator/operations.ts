import type { OperatorOperation } from "./face.ts";
import type { OperatorDeps } from "./find-job.ts";
import { gateOperations } from "./gates.ts";
import { jobOperations } from "./jobs.ts";
import { keyOperations } from "./keys.ts";
import { poolOperations } from "./pool.ts";
import { purgeOperations } from "./purge.ts";
import { rebuildOperations } from "./rebuild.ts";
import { webhookOperations } from "./webhooks.ts";

/** Everything that the operator may do over HTTP. */
export const operatorOperations = (deps: OperatorDeps): OperatorOperation[] => [
  ...keyOperations(deps),
  ...gateOperations(deps),
  ...jobOperations(deps),
  ...purgeOperations(deps),
  ...rebuildOperations(deps),
  ...webhookOperations(deps),
  ...poolOperations(deps),
];
