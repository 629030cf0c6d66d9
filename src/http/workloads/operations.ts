import type { Deps } from "../../deps/types.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import type { Operation } from "../operation.ts";
import { cancel } from "./cancel.ts";
import { complete } from "./complete.ts";
import { create } from "./create.ts";
import { read, readByQuery } from "./read.ts";
import { search } from "./search.ts";

/** `calculator/tax-pnl/securities` as a part of an operation's id: `CalculatorTaxPnlSecurities`. */
const idOf = ({ path }: Workload): string =>
  path
    .split(/[/-]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");

/** The routes of every declared workload (contract workloads.md section 2). */
export const workloadOperations = (deps: Deps, workloads: readonly Workload[]): Operation[] =>
  workloads.flatMap((workload) => {
    const id = idOf(workload);
    return [
      create(deps, workload, `create${id}`),
      readByQuery(deps, workload, `find${id}`),
      search(deps, workload, `search${id}`),
      read(deps, workload, `get${id}`),
      complete(deps, workload, `complete${id}`),
      cancel(deps, workload, `cancel${id}`),
    ];
  });

/** Whether a path belongs to a declared workload, also where no route of it matches. */
export const ownsPath = (workloads: readonly Workload[], path: string): boolean =>
  workloads.some((workload) => path === `/${workload.path}` || path.startsWith(`/${workload.path}/`));
