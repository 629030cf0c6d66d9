import { type AttemptRequest, attemptRequest } from "../../src/wire/attempt.ts";
import type { ToExecutor } from "../../src/wire/pool.ts";
import { userAgent } from "../version.ts";

type Reference = NonNullable<Extract<ToExecutor, { type: "offer" }>["reference"]>;

const FETCH_MS = 4_000;

/** Fetches an offer that was too large for a frame, from the service that was joined; null where it cannot be had. */
export const fetchOffer = async (
  joinUrl: string,
  { attempt_id, token }: Reference,
): Promise<AttemptRequest | null> => {
  try {
    const response = await fetch(new URL(`/executor/attempts/${attempt_id}`, joinUrl), {
      headers: { authorization: `Bearer ${token}`, "user-agent": userAgent },
      signal: AbortSignal.timeout(FETCH_MS),
    });
    const parsed = attemptRequest.safeParse(await response.json());
    return response.ok && parsed.success ? parsed.data : null;
  } catch {
    // The pool offers it again, here or elsewhere.
    return null;
  }
};
