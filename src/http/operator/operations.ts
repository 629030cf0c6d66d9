import type { Deps, TypedJobDeps } from "../../deps/types.ts";
import type { OperatorOperation } from "./face.ts";
import { gateOperations } from "./gates.ts";
import { jobOperations } from "./jobs.ts";
import { keyOperations } from "./keys.ts";
import { poolOperations } from "./pool.ts";

/** Everything that the operator may do over HTTP. */
export const operatorOperations = (
  deps: Deps & { readonly typedJobs: TypedJobDeps["objects"] },
): OperatorOperation[] => [
  ...keyOperations(deps),
  ...gateOperations(deps),
  ...jobOperations(deps),
  ...poolOperations(deps),
];
