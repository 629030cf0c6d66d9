import { createHash } from "node:crypto";
import type { z } from "zod";
import type { AttemptRequest } from "../src/wire/attempt.ts";
import { REPORT_SIGNATURE_HEADER, reportText } from "../src/wire/pool.ts";
import {
  type AttemptEvent,
  type OutputFile,
  reportAccepted,
  reportRefused,
  uploadsGranted,
} from "../src/wire/report.ts";
import { TRACE_HEADER } from "../src/wire/trace.ts";
import type { Identity } from "./identity.ts";
import { postJson } from "./post-json.ts";
import { userAgent } from "./version.ts";

/** A report is given up after this and sent again, well before the lease ends. */
const REQUEST_MS = 3_000;
const REQUEST_MS_PER_64_KIB = 1_000;
const timeoutFor = (bytes: number): number => REQUEST_MS + Math.ceil(bytes / 65_536) * REQUEST_MS_PER_64_KIB;

/** What the Worker said to a request. */
export type Answer<Accepted> =
  | { readonly kind: "accepted"; readonly value: Accepted }
  /** Nothing was heard, or the Worker is in trouble: send it again later. */
  | { readonly kind: "unavailable"; readonly status: number | null }
  | { readonly kind: "gap"; readonly expected: number }
  /** Sending it again would be refused again. */
  | { readonly kind: "refused"; readonly status: number; readonly code: string };

/** What an attempt has used so far; each report says it. */
export type AttemptUsage = { readonly cpuSeconds: number; readonly memoryPeakBytes: number };

export interface ReportClient {
  events(
    events: readonly AttemptEvent[],
    usage: AttemptUsage,
  ): Promise<Answer<z.infer<typeof reportAccepted>>>;
  uploads(files: readonly OutputFile[]): Promise<Answer<z.infer<typeof uploadsGranted>>>;
}

const sha256Of = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

const isGood = (status: number): boolean => status >= 200 && status < 300;
/** Only what the service itself refuses, in its own words, is final: all else comes from something in front of it. */
const readRefusal = (status: number, body: unknown): Answer<never> => {
  const parsed = reportRefused.safeParse(body);
  if (status >= 500 || !parsed.success) return { kind: "unavailable", status };
  const { code, expected } = parsed.data.error;
  return code === "gap" && expected !== undefined
    ? { kind: "gap", expected }
    : { kind: "refused", status, code };
};

/** The two report routes of one attempt; answers are parsed, and network failures are answers too. */
export const createReportClient = (
  joinUrl: string,
  { attemptId, attemptToken, trace }: Pick<AttemptRequest, "attemptId" | "attemptToken" | "trace">,
  identity: Identity,
): ReportClient => {
  const base = new URL(`/executor/attempts/${attemptId}`, joinUrl).href;
  const post = async <Accepted>(
    route: string,
    message: object,
    schema: z.ZodType<Accepted>,
    isSigned = false,
  ): Promise<Answer<Accepted>> => {
    const body = Buffer.from(JSON.stringify(message));
    const headers = {
      authorization: `Bearer ${attemptToken}`,
      "user-agent": userAgent,
      ...(trace !== undefined && { [TRACE_HEADER]: trace }),
      ...(isSigned && { [REPORT_SIGNATURE_HEADER]: identity.sign(reportText(attemptId, sha256Of(body))) }),
    };
    const answer = await postJson(`${base}/${route}`, body, { headers, timeoutMs: timeoutFor(body.length) });
    if (answer === null) return { kind: "unavailable", status: null };
    const { status } = answer;
    if (isGood(status)) {
      const parsed = schema.safeParse(answer.body);
      return parsed.success ? { kind: "accepted", value: parsed.data } : { kind: "unavailable", status };
    }
    return readRefusal(status, answer.body);
  };
  return {
    events: (events, usage) =>
      post(
        "events",
        { events, ...usage },
        reportAccepted,
        events.some(({ type }) => type === "finished"),
      ),
    uploads: (files) => post("uploads", { files }, uploadsGranted),
  };
};
