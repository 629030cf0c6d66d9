import { z } from "zod";
import { positionOf, positionText } from "../cursor.ts";
import type { RunRow, RunSelection } from "../ports/run-rows.ts";
import { isRunId } from "./job-id.ts";

export const LIST_LIMIT = { default: 50, max: 200 } as const;
const MAX_MS = 8_640_000_000_000_000;

const instant = z.iso
  .datetime({ offset: true, error: "must be an instant such as 2026-11-27T10:00:00Z" })
  .transform((text) => Date.parse(text))
  .refine((ms) => ms >= 0, { error: "must not be before 1970" });

const cursor = z.string().transform((text, context) => {
  const position = positionOf(text, z.string().refine(isRunId));
  if (position !== null) return { createdAtMs: position.atMs, id: position.id };
  context.addIssue({ code: "custom", message: "is not one that a list answered with" });
  return z.NEVER;
});

/** Query of a list of runs; a parameter that is none of these is ignored. */
export const runListQuery = z.object({
  status: z.enum(["queued", "running", "completed", "failed"]).optional(),
  from: instant.optional(),
  to: instant.optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, { error: "must be a whole number" })
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= LIST_LIMIT.max, { error: `must be 1 to ${LIST_LIMIT.max}` })
    .optional(),
  cursor: cursor.optional(),
});

/** What a query selects of an owner's runs; one more than it shows, to know whether there is a next page. */
export const selectionOf = (
  owner: string,
  { status, from, to, limit = LIST_LIMIT.default, cursor: after }: z.infer<typeof runListQuery>,
): { readonly selection: RunSelection; readonly shown: number } => ({
  selection: {
    owner,
    status: status ?? null,
    fromMs: from ?? 0,
    toMs: to ?? MAX_MS - 1,
    after: after ?? null,
    limit: limit + 1,
  },
  shown: limit,
});

/** Where the page that ends with this row goes on. */
export const cursorBehind = ({ createdAtMs, id }: RunRow): string => positionText({ atMs: createdAtMs, id });
