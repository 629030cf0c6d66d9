import type { Deps } from "../../deps/types.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import type { Operation } from "../kit/face.ts";
import { cancel } from "./cancel.ts";
import { complete } from "./complete.ts";
import { create } from "./create.ts";
import type { Owner } from "./face.ts";
import { read, readByQuery } from "./read.ts";
import { search } from "./search.ts";

/** `calculator/tax-pnl/securities` as a part of an operation's id: `CalculatorTaxPnlSecurities`. */
const idOf = ({ path }: Workload): string =>
  path
    .split(/[/-]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");

/** The routes of every declared workload. */
export const workloadOperations = (deps: Deps, workloads: readonly Workload[]): Operation<Owner>[] =>
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
