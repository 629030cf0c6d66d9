import { batch, computed, signal } from "@preact/signals";
import { type LiveEvent, SandpiperError } from "../../client/index.ts";
import type { RunReport } from "../../wire/run-answers.ts";
import type { CaseFrame, CompileFrame, UsageFrame } from "../../wire/run-frames.ts";
import { Log } from "../log/log.ts";
import { goTo, route } from "../route.ts";
import { client, isConnected, messageOf } from "../shared/api.ts";
import { inBackground } from "../shared/background.ts";
import { type Project, project } from "./project.ts";
import { forget, remember } from "./recent.ts";
import { submissionOf } from "./submission.ts";

export type Phase = "idle" | "sending" | "queued" | "running" | "ended" | "lost";

/** The run that the page shows. Everything in it comes from answers and the run's stream. */
export const phase = signal<Phase>("idle");
export const runId = signal("");
export const report = signal<RunReport | null>(null);
const newLog = (): Log => new Log((draw) => requestAnimationFrame(draw));
export const log = signal(newLog());
/** What the compiler printed, and how its step ended. */
export const compileLog = signal(newLog());
export const compile = signal<CompileFrame | null>(null);
/** Cases that have ended, in their order. */
export const caseResults = signal<readonly CaseFrame[]>([]);
/** The run's place in the queue; 0 while it is not known. */
export const position = signal(0);
/** What the program has used so far, as the stream last told it. */
export const used = signal<UsageFrame | null>(null);
/** What went wrong with the last request, in the reader's words. */
export const problem = signal("");
/** Part of the upload that is sent, 0 to 1. */
export const sentPart = signal(0);
/** Until when the service refuses another run; epoch milliseconds, 0 for now. */
export const refusedUntilMs = signal(0);
/** When this page saw the program start; the machine's clock may differ from the service's. */
export const startedAtMs = signal<number | null>(null);

export const isUnderWay = computed(() => ["sending", "queued", "running"].includes(phase.value));

let controller = new AbortController();

const begin = (next: Phase, id: string): AbortSignal => {
  controller.abort();
  controller = new AbortController();
  batch(() => {
    phase.value = next;
    runId.value = id;
    report.value = null;
    log.value = newLog();
    compileLog.value = newLog();
    compile.value = null;
    used.value = null;
    position.value = 0;
    caseResults.value = [];
    problem.value = "";
    sentPart.value = 0;
    startedAtMs.value = null;
    isConnected.value = true;
  });
  return controller.signal;
};

const take = (latest: RunReport): void => {
  batch(() => {
    report.value = latest;
    position.value = latest.queue_position;
    const isOver = latest.status === "completed" || latest.status === "failed";
    phase.value = isOver ? "ended" : latest.status === "running" ? "running" : "queued";
    if (phase.value === "running") startedAtMs.value ??= Date.now();
  });
};

const takeEvent = async (id: string, event: LiveEvent, signal: AbortSignal): Promise<void> => {
  if ("data" in event) {
    const target = event.phase === "compile" ? compileLog : log;
    target.value.write(event.stream, event.data);
    if (phase.value === "queued") phase.value = "running";
    startedAtMs.value ??= Date.now();
    return;
  }
  if (event.type === "usage") used.value = event;
  else if (event.type === "queue") position.value = event.position;
  else if (event.type === "compile") compile.value = event;
  else if (event.type === "case") {
    // A case of another attempt takes the place of the lost one's.
    const others = caseResults.value.filter(({ index }) => index < event.index);
    caseResults.value = [...others, event];
  } else take(await client.value.status(id, { signal }));
};

/** The run is gone, or the service was away for too long; what is shown stays. */
const lose = (id: string, error: unknown): void => {
  if (error instanceof SandpiperError && error.code === "job_not_found") {
    forget(id);
    problem.value = "There is no such run: it was deleted after its retention, or the address is wrong.";
  } else problem.value = messageOf(error);
  phase.value = "lost";
};

const follow = async (id: string, signal: AbortSignal): Promise<void> => {
  try {
    for await (const event of client.value.events(id, { signal })) await takeEvent(id, event, signal);
  } catch (error) {
    if (!signal.aborted) lose(id, error);
  }
};

/** Shows a run from its first line on. */
export const open = (id: string): void => {
  if (id === runId.peek()) return;
  if (id === "") {
    begin("idle", "");
    return;
  }
  const signal = begin("queued", id);
  inBackground(follow(id, signal));
};

/** Goes on with a run that was lost. */
export const reopen = (): void => {
  const id = runId.peek();
  runId.value = "";
  open(id);
};

const titleOf = ({ files, settings }: Project): string =>
  `${settings.entrypoint || files[0]?.path || "no file"}${files.length > 1 ? ` and ${files.length - 1} more` : ""}`;

const refuse = async (error: unknown): Promise<void> => {
  phase.value = "idle";
  problem.value = messageOf(error);
  if (!(error instanceof SandpiperError) || error.retryAfterSeconds === null) return;
  refusedUntilMs.value = Date.now() + error.retryAfterSeconds * 1_000;
  if (error.code !== "rate_limited") return;
  const { your_quota: quota } = await client.value.stats();
  if (quota.reason !== "") problem.value = quota.reason;
};

/** Submits what is in the editor and follows it. */
export const start = async (): Promise<void> => {
  if (isUnderWay.peek() || Date.now() < refusedUntilMs.peek()) return;
  const sent = project.peek();
  const signal = begin("sending", "");
  try {
    const { job_id: id } = await client.value.submit(submissionOf(sent), {
      signal,
      onProgress: ({ sentBytes, totalBytes }) => {
        sentPart.value = sentBytes / totalBytes;
      },
    });
    remember({ id, title: titleOf(sent), atMs: Date.now() });
    batch(() => {
      runId.value = id;
      phase.value = "queued";
    });
    goTo("run", id);
    take(await client.value.status(id, { signal }));
    await follow(id, signal);
  } catch (error) {
    if (signal.aborted) return;
    await refuse(error).catch((second: unknown) => {
      problem.value = messageOf(second);
    });
  }
};

/** Stops what is under way: the upload, or the program. */
export const stop = async (): Promise<void> => {
  const id = runId.peek();
  if (id === "") {
    begin("idle", "");
    return;
  }
  try {
    take(await client.value.cancel(id));
  } catch (error) {
    problem.value = messageOf(error);
  }
};

/** Forgets the run that is shown; the editor stays as it is. */
export const close = (): void => {
  begin("idle", "");
  if (route.peek().page === "run") goTo("run", "");
};
