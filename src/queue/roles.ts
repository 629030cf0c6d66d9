import { z } from "zod";

const roles = z.enum(["dispatch", "functions", "bucket-events", "dead-letters"]);
export type QueueRole = z.infer<typeof roles>;

const schema = z.record(z.string(), roles);

/**
 * What a queue brings, by the variable QUEUE_ROLES, an object from the names of queues to their roles.
 * @throws Error where the variable does not name the queue, so that its messages are retried and not lost.
 */
export const queueRole = (configured: unknown, queue: string): QueueRole => {
  const parsed = schema.safeParse(configured);
  if (!parsed.success) throw new Error("QUEUE_ROLES must be an object from names of queues to their roles");
  const role = parsed.data[queue];
  if (role === undefined) throw new Error(`QUEUE_ROLES does not say what the queue ${queue} brings`);
  return role;
};
