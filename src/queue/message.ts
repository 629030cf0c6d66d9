import { z } from "zod";

/** Body of a message in the dispatch queue. */
export const dispatchMessage = z.object({ objectId: z.string().regex(/^[0-9a-f]{64}$/) });
