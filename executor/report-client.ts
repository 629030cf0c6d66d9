import type { z } from "zod";
import {
  type AttemptEvent,
  type OutputFile,
  reportAccepted,
  reportRefused,
  uploadsGranted,
} from "../src/wire/report.ts";
import { postJson } from "./post-json.ts";

const REQUEST_MS = 10_000;

/** What the Worker said to a request. */
export type Answer<Accepted> =
  | { readonly kind: "accepted"; readonly value: Accepted }
  /** Nothing was heard, or the Worker is in trouble: send it again later. */
  | { readonly kind: "unavailable"; readonly status: number | null }
  | { readonly kind: "gap"; readonly expected: number }
  /** Sending it again would be refused again. */
  | { readonly kind: "refused"; readonly status: number; readonly code: string };

export interface ReportClient {
  events(events: readonly AttemptEvent[]): Promise<Answer<z.infer<typeof reportAccepted>>>;
  uploads(files: readonly OutputFile[]): Promise<Answer<z.infer<typeof uploadsGranted>>>;
}

const isGood = (status: number): boolean => status >= 200 && status < 300;
/** Only what the Worker itself refuses is final: a redirect comes from something in front of it. */
const isTransient = (status: number): boolean =>
  status < 400 || status >= 500 || status === 429 || status === 408;

const readRefusal = (status: number, body: unknown): Answer<never> => {
  const parsed = reportRefused.safeParse(body);
  if (!parsed.success) return { kind: "refused", status, code: "unknown" };
  const { code, expected } = parsed.data.error;
  return code === "gap" && expected !== undefined
    ? { kind: "gap", expected }
    : { kind: "refused", status, code };
};

/** The two report routes of one attempt; answers are parsed, and network failures are answers too. */
export const createReportClient = (reportUrl: string, token: string): ReportClient => {
  const post = async <Accepted>(
    route: string,
    message: object,
    schema: z.ZodType<Accepted>,
  ): Promise<Answer<Accepted>> => {
    const answer = await postJson(`${reportUrl}/${route}`, message, { token, timeoutMs: REQUEST_MS });
    if (answer === null) return { kind: "unavailable", status: null };
    const { status, body } = answer;
    if (isGood(status)) {
      const parsed = schema.safeParse(body);
      return parsed.success ? { kind: "accepted", value: parsed.data } : { kind: "unavailable", status };
    }
    return isTransient(status) ? { kind: "unavailable", status } : readRefusal(status, body);
  };
  return {
    events: (events) => post("events", { events }, reportAccepted),
    uploads: (files) => post("uploads", { files }, uploadsGranted),
  };
};
