import { createApp, defineWorkload, jobsEntrypoint, serve } from "sandpiper/service";
import { z } from "zod";

export {
  ExecutorContainer,
  IdempotencyObject,
  JobObject,
  PoolObject,
  QuotaObject,
  TypedJobObject,
  WebhookObject,
} from "sandpiper/service";

const jobs = createApp(
  z.object({ text: z.string().min(1) }),
  z.object({ words: z.array(z.string()) }),
  undefined,
  { apiTitle: "Words", queue: "JOBS_QUEUE" },
);

const wordCount = defineWorkload({
  path: "text/words/count",
  entity: "com.example.text",
  summary: "Counts the words of a text",
  params: z.object({}),
  inputs: { text: { contentTypes: ["text/plain"], maxBytes: 10_000_000 } },
  outputs: { "count.txt": { contentType: "text/plain" } },
  process: {
    kind: "program",
    interpreter: "python3",
    entrypoint: "main.py",
    files: {
      "main.py":
        "import os\n" +
        "os.makedirs('outputs', exist_ok=True)\n" +
        "words = open('inputs/text').read().split()\n" +
        "open('outputs/count.txt', 'w').write(str(len(words)))\n",
    },
  },
});

export class JobsEntrypoint extends jobsEntrypoint(jobs) {}

export default serve({ jobs, workloads: [wordCount] });
