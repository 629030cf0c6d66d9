import { z } from "zod";
import { traceparent } from "../wire/trace.ts";

const objectId = z.string().regex(/^[0-9a-f]{64}$/);

/** Body of a message of the functions' queue, and the least that one of any dispatch queue has. */
export const dispatchMessage = z.object({ objectId });

/** Body of a message of the programs' queue: what the pool is to know of the job. */
export const poolMessage = z.object({
  objectId,
  turn: z.string().max(100),
  createdAtMs: z.int(),
  memoryMb: z.int().nonnegative(),
  environment: z.string().max(100),
  language: z.string().max(100).nullable(),
  protocol: z.int(),
  avoid: z.string().nullable(),
  alone: z.boolean(),
  trace: traceparent.exactOptional(),
});
