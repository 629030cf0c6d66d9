import type { z } from "zod";
import {
  type AttemptEvent,
  type OutputFile,
  reportAccepted,
  reportRefused,
  uploadsGranted,
} from "../src/wire/report.ts";

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

const isTransient = (status: number): boolean => status >= 500 || status === 429 || status === 408;

const readRefusal = (status: number, body: unknown): Answer<never> => {
  const parsed = reportRefused.safeParse(body);
  if (!parsed.success) return { kind: "refused", status, code: "unknown" };
  const { code, expected } = parsed.data.error;
  return code === "gap" && expected !== undefined
    ? { kind: "gap", expected }
    : { kind: "refused", status, code };
};

const readBody = async (response: Response): Promise<unknown> => {
  try {
    return await response.json();
  } catch {
    // Not JSON: the schemas refuse undefined.
    return undefined;
  }
};

/** The two report routes of one attempt; answers are parsed, and network failures are answers too. */
export const createReportClient = (reportUrl: string, token: string): ReportClient => {
  const post = async <Accepted>(
    route: string,
    message: object,
    schema: z.ZodType<Accepted>,
  ): Promise<Answer<Accepted>> => {
    try {
      const response = await fetch(`${reportUrl}/${route}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(message),
        signal: AbortSignal.timeout(REQUEST_MS),
        redirect: "error",
      });
      const body = await readBody(response);
      if (isTransient(response.status)) return { kind: "unavailable", status: response.status };
      if (!response.ok) return readRefusal(response.status, body);
      const parsed = schema.safeParse(body);
      return parsed.success
        ? { kind: "accepted", value: parsed.data }
        : { kind: "unavailable", status: response.status };
    } catch {
      // A connection that fails or times out: undici's errors say no more than that.
      return { kind: "unavailable", status: null };
    }
  };
  return {
    events: (events) => post("events", { events }, reportAccepted),
    uploads: (files) => post("uploads", { files }, uploadsGranted),
  };
};
