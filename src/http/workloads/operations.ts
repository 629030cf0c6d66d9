import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import type { Operation } from "../kit/face.ts";
import { cancel } from "./cancel.ts";
import { complete } from "./complete.ts";
import { create } from "./create.ts";
import { read, readByQuery } from "./read.ts";
import { remove } from "./remove.ts";
import { search } from "./search.ts";

/** `calculator/tax-pnl/securities` as a part of an operation's id: `CalculatorTaxPnlSecurities`. */
const idOf = ({ path }: Workload): string =>
  path
    .split(/[/-]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");

/** The routes of every declared workload. */
export const workloadOperations = (deps: Deps, workloads: readonly Workload[]): Operation<Caller>[] =>
  workloads.flatMap((workload) => {
    const id = idOf(workload);
    return [
      create(deps, workload, `create${id}`),
      readByQuery(deps, workload, `find${id}`),
      search(deps, workload, `search${id}`),
      read(deps, workload, `get${id}`),
      complete(deps, workload, `complete${id}`),
      cancel(deps, workload, `cancel${id}`),
      remove(deps, workload, `delete${id}`),
    ];
  });
