import { JobNotFoundError, JobsClient, type JobsTransport, jobMessage } from "../../../src/client/jobs.ts";

/** `JOBS` is a service binding to the other Worker's `JobsEntrypoint`. */
type Env = { readonly JOBS: JobsTransport };

const TRIES = 3;

/** The work itself: it may take minutes, and it may fail. */
const wordsOf = (text: string): string[] => {
  if (text.includes("unreadable")) throw new Error("the text cannot be read");
  return text.split(/\s+/).filter((word) => word !== "");
};

const work = async (env: Env, body: unknown): Promise<void> => {
  const { job_id: id, request_payload: payload } = jobMessage.parse(body);
  const jobs = new JobsClient(env.JOBS);
  // What happens to the bookkeeping never stops the work.
  const notes = new JobsClient(env.JOBS, { bestEffort: true });
  if ((await jobs.getJob(id)).status === "cancelled") return;
  await notes.setStatus(id, "processing");
  const text = String(payload.text);
  if (text.length > 40) await notes.addWarnings(id, "a long text");
  const words = wordsOf(text);
  await jobs.submitResult(id, { words, result_count: words.length });
};

const idOf = (body: unknown): string => jobMessage.safeParse(body).data?.job_id ?? "";

/** Each message is taken or given back by itself; after the last try the job says why it failed. */
const handle = async (env: Env, message: Message<unknown>): Promise<void> => {
  try {
    await work(env, message.body);
    message.ack();
  } catch (error) {
    if (error instanceof JobNotFoundError) return message.ack();
    if (message.attempts < TRIES) return message.retry();
    const reason = error instanceof Error ? error.message : String(error);
    await new JobsClient(env.JOBS).markError(idOf(message.body), reason);
    message.ack();
  }
};

export default {
  queue: async (batch, env) => {
    for (const message of batch.messages) await handle(env, message);
  },
} satisfies ExportedHandler<Env>;
