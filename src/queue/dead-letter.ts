import type { Deps } from "../deps/types.ts";
import { dispatchMessage } from "./message.ts";

const RETRY_SECONDS = 30;

/**
 * Takes messages that the dispatch queue gave up. The job's own deadlines decide what becomes of it;
 * waking it makes them look at once.
 */
export const consumeDeadLetters = async (
  deps: Deps,
  messages: readonly Message<unknown>[],
): Promise<void> => {
  for (const message of messages) {
    const body = dispatchMessage.safeParse(message.body);
    const job = body.success ? deps.jobs.byObjectId(body.data.objectId) : null;
    deps.log.error("dispatch.dead_letter", "a dispatch message ran out of retries", {
      attempts: message.attempts,
    });
    try {
      await job?.catchUp();
      message.ack();
    } catch (error) {
      deps.log.error("dispatch.dead_letter_failed", error);
      message.retry({ delaySeconds: RETRY_SECONDS });
    }
  }
};
