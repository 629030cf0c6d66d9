import type { AttemptRequest, EnvironmentInfo, ExecutorHealth } from "../../wire/attempt.ts";
import type { LanguageInfo } from "../../wire/judging.ts";

export type StartOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "busy"; readonly retryAfterSeconds: number }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "unreachable"; readonly message: string };

/** Where programs run; one adapter speaks to a URL, the other to a container of ours. */
export type Executor = {
  start(request: AttemptRequest): Promise<StartOutcome>;
  /** Kills the attempt's program; false when no executor could be told. */
  cancel(attemptId: string): Promise<boolean>;
  /** Null when no executor answers. */
  health(): Promise<ExecutorHealth | null>;
  /** The languages that it has; null when no executor answers. */
  languages(): Promise<readonly LanguageInfo[] | null>;
  environments(): Promise<readonly EnvironmentInfo[] | null>;
};
