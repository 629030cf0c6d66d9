import { createHash, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

export type Kind = "run" | "typed" | "program" | "function";

/** A job that was answered with 2xx, and what it must have come to where it succeeds. */
export type Accepted = {
  readonly kind: Kind;
  readonly id: string;
  /** All that the program prints; null where nothing is printed. */
  readonly text: string | null;
  readonly wish: "none" | "cancel" | "remove";
  isWishHeard: boolean;
};

const PAUSE_MS = 500;
/** The runtime's own bucket, whose full disk it answers as it likes. */
const LOCAL_BUCKET = "/cdn-cgi/local/r2/";
const REQUEST_MS = 70_000;
const PATHS = { program: "/calculator/tax-pnl/securities", function: "/files/checksum/sha256" } as const;
export const ENDED = new Set(["completed", "failed", "succeeded", "cancelled", "expired", "error"]);

/** What is being asked now, and what was said to it last. */
const asking = new Map<symbol, string>();
export const unanswered = (): string[] => [...asking.values()];

const answers = new Map<number, number>();
/** Answers that say that the service itself is at fault: what does not answer now is 503. */
export const faultyAnswers: string[] = [];
/** How often clients were answered with each status; 0 stands for no answer. */
export const answersByStatus = (): string =>
  [...answers]
    .sort(([one], [other]) => one - other)
    .map(([status, count]) => `${count} x ${status}`)
    .join(", ");

/** A client that repeats what got no answer, or one of 5xx or 429, as the service asks of its clients. */
const patiently = async (url: string, given: RequestInit, until: AbortSignal): Promise<Response | null> => {
  const question = Symbol(url);
  try {
    return await untilAnswered(url, given, until, (last) => asking.set(question, `${url}: ${last}`));
  } finally {
    asking.delete(question);
  }
};

const untilAnswered = async (
  url: string,
  init: RequestInit,
  until: AbortSignal,
  note: (last: string) => void,
): Promise<Response | null> => {
  while (!until.aborted) {
    try {
      const signal = AbortSignal.any([until, AbortSignal.timeout(REQUEST_MS)]);
      const answer = await fetch(url, { ...init, signal });
      const body = await answer.arrayBuffer();
      // A key whose first request is still at work, or died with the service a moment ago.
      const isEarly = answer.status === 409 && answer.headers.has("retry-after");
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
      const said = `${answer.status} ${Buffer.from(body).toString().slice(0, 200)}`;
      note(said);
      const isOfService = !url.includes(LOCAL_BUCKET);
      if (answer.status === 500 && isOfService) faultyAnswers.push(`${init.method ?? "GET"} ${url}: ${said}`);
      if (answer.status < 500 && answer.status !== 429 && !isEarly) {
        return new Response([204, 304].includes(answer.status) ? null : body, answer);
      }
    } catch (error) {
      // The request is repeated with the same key, and gives one job.
      answers.set(0, (answers.get(0) ?? 0) + 1);
      note(`no answer: ${String(error)}`);
    }
    await delay(PAUSE_MS, undefined, { signal: until }).catch(() => undefined);
  }
  return null;
};

const addressOf = (at: number): Record<string, string> => ({ "cf-connecting-ip": `10.9.8.${1 + (at % 10)}` });

const posted = (at: number, body: unknown): RequestInit => ({
  method: "POST",
  headers: { ...addressOf(at), "content-type": "application/json", "idempotency-key": randomUUID() },
  body: JSON.stringify(body),
});

const LINES = 8;
const textOf = (mark: string): string =>
  Array.from({ length: LINES }, (_none, line) => `${mark} ${line + 1}\n`).join("");

/** Prints for two seconds; some bring a large upload, some leave a large output. */
const runOf = (at: number, mark: string) => {
  const padding = at % 3 === 0 ? `\n: '${"x".repeat(200_000)}'\n` : "";
  const output = at % 3 === 1 ? "seq 1 60000 > numbers.txt; " : "";
  const code = `${output}for i in $(seq 1 ${LINES}); do echo "${mark} $i"; sleep 0.25; done${padding}`;
  return { code, interpreter: "bash", outputs: at % 3 === 1 ? ["numbers.txt"] : [] };
};

const pathOf = ({ kind, id }: Accepted): string => {
  if (kind === "run") return `/status/${id}`;
  return kind === "typed" ? `/jobs/${id}` : `${PATHS[kind]}/${id}`;
};

/** The request that a client's wish is; without a path, its face has none. */
const wishOf = (job: Accepted): readonly ["DELETE" | "POST", string | null] => {
  if (job.wish === "remove") return ["DELETE", job.kind === "run" ? null : pathOf(job)];
  return ["POST", job.kind === "run" ? `/cancel/${job.id}` : `${pathOf(job)}/cancel`];
};

export type Load = {
  readonly accepted: readonly Accepted[];
  /** Answers that no client of such a service should ever see. */
  readonly surprises: readonly string[];
  /** Of those accepted, the ones that have not ended. */
  unended(): Promise<Accepted[]>;
};

export type LoadOptions = {
  readonly url: string;
  readonly jobs: number;
  /** Submissions are spread evenly over so long. */
  readonly overMs: number;
  readonly until: AbortSignal;
};

const TYPED = 4;
/** Of twenty jobs in a row, which are what. */
const kindOf = (at: number): Kind => {
  const place = at % 20;
  if (place % TYPED === 1) return "typed";
  if (place === 3 || place === 12) return "program";
  return place === 7 ? "function" : "run";
};

/** Workers of typed jobs, as they would run anywhere: claim, report, submit. */
const workOnTyped = async (url: string, until: AbortSignal): Promise<void> => {
  const json = (method: string, body: unknown): RequestInit => ({
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  while (!until.aborted) {
    const claim = await patiently(`${url}/jobs/claim`, json("POST", { staleAfterSeconds: 60 }), until);
    if (claim?.status !== 200) {
      await delay(PAUSE_MS, undefined, { signal: until }).catch(() => undefined);
      continue;
    }
    const { job_id: id } = (await claim.json()) as { job_id: string };
    await delay(200);
    await patiently(`${url}/jobs/${id}`, json("PATCH", { warnings: ["half way"] }), until);
    const captions = [{ text: "a sandpiper", confidence: 1 }];
    await patiently(`${url}/jobs/${id}`, json("PUT", { captions, result_count: 1 }), until);
  }
};

/** Submits jobs of all faces at an even pace, and settles when each was answered. */
export const startLoad = async ({ url, jobs, overMs, until }: LoadOptions): Promise<Load> => {
  const accepted: Accepted[] = [];
  const surprises: string[] = [];

  const accept = (kind: Kind, at: number, id: string, text: string | null): Accepted => {
    const wish = kind !== "typed" && at % 23 === 5 ? "cancel" : at % 29 === 12 ? "remove" : "none";
    const job: Accepted = { kind, id, text, wish, isWishHeard: false };
    accepted.push(job);
    return job;
  };
  const expected = async (answer: Response | null, what: string): Promise<Record<string, unknown> | null> => {
    if (answer === null) return null;
    const body = await answer.text();
    if (answer.ok) return JSON.parse(body === "" ? "{}" : body) as Record<string, unknown>;
    surprises.push(`${what}: ${answer.status} ${body.slice(0, 200)}`);
    return null;
  };
  const grant = async (at: number, job: Accepted): Promise<void> => {
    if (job.wish === "none") return;
    await delay(1_000);
    const [method, path] = wishOf(job);
    if (path === null) return;
    const answer = await patiently(`${url}${path}`, { method, headers: addressOf(at) }, until);
    // Repeated after a removal whose answer was lost, it finds nothing any more.
    job.isWishHeard = answer !== null && (answer.ok || answer.status === 404);
    if (!job.isWishHeard) await expected(answer, `${job.wish} of a ${job.kind}`);
  };
  const submit: Record<Kind, (at: number) => Promise<void>> = {
    run: async (at) => {
      const mark = `job-${at}`;
      const answer = await patiently(`${url}/submit`, posted(at, runOf(at, mark)), until);
      const body = await expected(answer, "submission of a run");
      if (body !== null) await grant(at, accept("run", at, String(body.job_id), textOf(mark)));
    },
    typed: async (at) => {
      const request = { image_url: `https://example.com/${at}.png` };
      const answer = await patiently(`${url}/jobs`, posted(at, request), until);
      const body = await expected(answer, "submission of a typed job");
      if (body !== null) await grant(at, accept("typed", at, String(body.job_id), null));
    },
    program: (at) =>
      workload(at, "program", { security_type: "domestic" }, "text/csv", {
        body: "date,security,side,quantity,price\n2026-01-05,ABC,BUY,10,100\n2026-01-07,ABC,SELL,5,110\n",
      }),
    function: (at) =>
      workload(at, "function", { label: String(at) }, "application/octet-stream", {
        body: createHash("sha512").update(String(at)).digest("hex").repeat(4_000),
      }),
  };
  const workload = async (
    at: number,
    kind: "program" | "function",
    params: object,
    type: string,
    { body: file }: { body: string },
  ): Promise<void> => {
    const answer = await patiently(`${url}${PATHS[kind]}`, posted(at, params), until);
    const body = await expected(answer, `submission of a ${kind}`);
    if (body === null) return;
    const { job_id: id, url: upload } = body.data as { job_id: string; url: string };
    const job = accept(kind, at, id, null);
    const put = { method: "PUT", headers: { "content-type": type }, body: file };
    await patiently(upload, put, until);
    await grant(at, job);
    // Its URL outlives the job: what comes then is nobody's.
    if (job.wish === "remove" && job.isWishHeard) await patiently(upload, put, until);
  };

  const isOver = async (job: Accepted): Promise<boolean> => {
    const answer = await patiently(`${url}${pathOf(job)}`, {}, until);
    if (answer === null) return false;
    if (answer.status === 404) return job.wish === "remove";
    const body = (await answer.json()) as { status?: string; data?: { status: string } };
    return ENDED.has(body.data?.status ?? body.status ?? "");
  };
  const over = new Set<Accepted>();

  void workOnTyped(url, until);
  void workOnTyped(url, until);
  const startedAtMs = performance.now();
  const submissions = Array.from({ length: jobs }, async (_none, at) => {
    await delay(Math.max(0, (at * overMs) / jobs - (performance.now() - startedAtMs)));
    await submit[kindOf(at)](at);
  });
  await Promise.all(submissions);
  return {
    accepted,
    surprises,
    unended: async () => {
      for (const job of accepted) if (!over.has(job) && (await isOver(job))) over.add(job);
      return accepted.filter((job) => !over.has(job));
    },
  };
};
