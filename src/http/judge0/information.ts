import type { Deps, DoorSettings } from "../../deps/types.ts";
import { statusOf } from "../../domain/judge0/status.ts";
import { languageById, languages } from "../../wire/languages/registry.ts";
import { BATCH_MOST } from "./batch.ts";
import { contract } from "./contract.ts";
import { isUser, type Judge0Operation, plainError } from "./face.ts";
import { NUMBERS } from "./submission.ts";
import { queueIsFull } from "./submit.ts";

/** Clients look their tables up by it. */
const VERSION = "1.13.1";

const aboutBody = ({ homepage, sourceCode, maintainer }: DoorSettings) => ({
  version: VERSION,
  homepage,
  source_code: sourceCode,
  maintainer,
  implementation: "sandpiper",
});

/** Exactly the original's keys: one that is missing stops its own client. */
const configBody = ({ operatorTokens, doors }: Deps, isMaintained: boolean) => ({
  maintenance_mode: isMaintained,
  enable_wait_result: true,
  enable_compiler_options: true,
  allowed_languages_for_compile_options: [
    ...new Set(
      languages
        .filter(({ compile, judge0 }) => compile !== null && judge0 !== null)
        .map(({ judge0 }) => judge0?.name),
    ),
  ],
  enable_command_line_arguments: true,
  enable_submission_delete: operatorTokens.length > 0,
  enable_callbacks: doors.callbacks,
  callbacks_max_tries: 3,
  callbacks_timeout: 5.0,
  enable_additional_files: true,
  max_queue_size: 100,
  cpu_time_limit: NUMBERS.cpu_time_limit.initial,
  max_cpu_time_limit: NUMBERS.cpu_time_limit.most,
  cpu_extra_time: NUMBERS.cpu_extra_time.initial,
  max_cpu_extra_time: NUMBERS.cpu_extra_time.most,
  wall_time_limit: NUMBERS.wall_time_limit.initial,
  max_wall_time_limit: NUMBERS.wall_time_limit.most,
  memory_limit: NUMBERS.memory_limit.initial,
  max_memory_limit: NUMBERS.memory_limit.most,
  stack_limit: NUMBERS.stack_limit.initial,
  max_stack_limit: NUMBERS.stack_limit.most,
  max_processes_and_or_threads: NUMBERS.max_processes_and_or_threads.initial,
  max_max_processes_and_or_threads: NUMBERS.max_processes_and_or_threads.most,
  enable_per_process_and_thread_time_limit: false,
  allow_enable_per_process_and_thread_time_limit: true,
  enable_per_process_and_thread_memory_limit: false,
  allow_enable_per_process_and_thread_memory_limit: true,
  max_file_size: NUMBERS.max_file_size.initial,
  max_max_file_size: NUMBERS.max_file_size.most,
  number_of_runs: NUMBERS.number_of_runs.initial,
  max_number_of_runs: NUMBERS.number_of_runs.most,
  redirect_stderr_to_stdout: false,
  max_extract_size: 10_240,
  enable_batched_submissions: true,
  max_submission_batch_size: BATCH_MOST,
  submission_cache_duration: 1.0,
  use_docs_as_homepage: false,
  allow_enable_network: false,
  enable_network: false,
});

const systemBody = (isolation: number, slots: number) => ({
  Architecture: "x86_64",
  "CPU(s)": String(slots),
  "Model name": `Sandpiper executor, isolation level ${isolation}`,
  Mem: "",
  Swap: "",
});

const STATUS_OF_VERDICT: Readonly<Record<string, number>> = {
  ...{ accepted: 3, wrong_answer: 4, time_limit: 5, compile_error: 6, output_limit: 8 },
  ...{ memory_limit: 11, runtime_error: 11, internal_error: 13 },
};
const DAY_MS = 86_400_000;

/** Several verdicts are one status of the original's. */
const countedStatuses = (verdicts: readonly { readonly name: string; readonly count: number }[]) => {
  const counts = new Map<number, number>();
  for (const { name, count } of verdicts) {
    const id = STATUS_OF_VERDICT[name] ?? 13;
    counts.set(id, (counts.get(id) ?? 0) + count);
  }
  return [...counts].map(([id, count]) => ({ status: { id, name: statusOf(id).description }, count }));
};

const statisticsBody = async (deps: Deps) => {
  const now = deps.now();
  const counts = await deps.rows.doorCounts("judge0", now - (now % DAY_MS));
  const today = new Date(now).toISOString().slice(0, 10);
  return {
    created_at: new Date(now).toISOString(),
    cached_until: new Date(now).toISOString(),
    submissions: { total: counts.total, today: counts.today, last_30_days: { [today]: counts.today } },
    languages: counts.languages.map(({ name, count }) => ({
      language: {
        id: languageById(name)?.judge0?.ids[0] ?? null,
        name: languageById(name)?.judge0?.name ?? name,
      },
      count,
    })),
    statuses: countedStatuses(counts.verdicts),
    database: { size_pretty: "0 bytes", size_in_bytes: 0 },
  };
};

const textRoute = (path: string, text: string): Judge0Operation => ({
  contract: contract("get", path, "As plain text", [200], "text"),
  handle: ({ c }) => c.text(text),
});

export const informationRoutes = (deps: Deps): Judge0Operation[] => [
  { contract: contract("get", "/about", "What this is"), handle: ({ c }) => c.json(aboutBody(deps.doors)) },
  {
    contract: contract("get", "/config_info", "Limits and switches"),
    handle: async ({ c }) => {
      const { maintenance } = await deps.operations.gates();
      return c.json(configBody(deps, maintenance !== null));
    },
  },
  {
    contract: contract("get", "/system_info", "The executor's machine", [200, 503]),
    handle: async ({ c }) => {
      const { status, isolation, slots } = await deps.pool.summary();
      return status === "none" ? queueIsFull(c) : c.json(systemBody(isolation ?? 0, slots));
    },
  },
  {
    contract: contract("get", "/statistics", "What is kept of submissions, counted"),
    handle: async ({ c }) => c.json(await statisticsBody(deps)),
  },
  {
    contract: contract("get", "/workers", "The executors' slots", [200], "list"),
    handle: async ({ c }) => {
      const { waiting, held, slots } = await deps.pool.summary();
      const idle = Math.max(0, slots - held);
      const one = { queue: "default", size: waiting, available: slots, idle, working: held };
      return c.json([{ ...one, paused: 0, failed: 0 }]);
    },
  },
  textRoute("/version", VERSION),
  textRoute("/isolate", "Programs run in Sandpiper's own sandbox: bubblewrap, seccomp and cgroups.\n"),
  textRoute("/license", "MIT\n"),
  {
    contract: contract("post", "/authenticate", "Whether the token is taken", [200, 401], "nothing"),
    handle: ({ c }) => c.body(null, 200),
  },
  {
    contract: contract("post", "/authorize", "Whether the caller is an operator", [200, 403]),
    handle: async ({ c }) => ((await isUser(c, deps)) ? c.body(null, 200) : plainError(c, 403)),
  },
];
