import { fieldErrors } from "../runs/manifest.ts";
import type { FieldError } from "../runs/types.ts";
import type { Workload } from "./types.ts";

export type Params = Readonly<Record<string, unknown>>;

export type ParamsOutcome =
  | { readonly kind: "ok"; readonly params: Params }
  | { readonly kind: "refused"; readonly errors: readonly FieldError[] };

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** A query has text alone: where a param wants a number or a boolean, what the text says as JSON is meant. */
const fromQuery = ({ params }: Workload, name: string, text: string): unknown => {
  const field = params.shape[name];
  if (field === undefined || isAccepted(field, text)) return text;
  return jsonOf(text);
};

const isAccepted = (field: Workload["params"]["shape"][string], value: unknown): boolean =>
  "safeParse" in field &&
  typeof field.safeParse === "function" &&
  (field.safeParse(value) as { success: boolean }).success;

/** The params of a new job, out of the query and the JSON body, which goes first. */
export const readParams = (
  workload: Workload,
  query: Readonly<Record<string, string>>,
  body: Params,
): ParamsOutcome => {
  const given: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(query)) given[name] = fromQuery(workload, name, text);
  const outcome = workload.params.safeParse({ ...given, ...body });
  return outcome.success
    ? { kind: "ok", params: outcome.data }
    : { kind: "refused", errors: fieldErrors(outcome.error) };
};
