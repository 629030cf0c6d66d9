import { createHash, timingSafeEqual } from "node:crypto";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { attemptRequest, type ExecutorError, type ExecutorHealth } from "../src/wire/attempt.ts";
import { ENV_BYTES, INLINE_BYTES } from "../src/wire/limits.ts";
import type { Attempts } from "./attempts.ts";
import type { Environments } from "./environments.ts";
import type { InstalledLanguages } from "./languages/installed.ts";
import { errorKind, type Log } from "./log.ts";

/** Inputs travel inside the body up to their inline cap, as base64, several of them at most. */
const BODY_BYTES = 64 * INLINE_BYTES + 64 * ENV_BYTES;
const BUSY_RETRY_SECONDS = 1;

export interface ServerParts {
  readonly token: string;
  readonly reportOrigins: readonly string[] | null;
  readonly attempts: Attempts;
  readonly environments: Environments;
  readonly languages: InstalledLanguages;
  readonly health: Omit<ExecutorHealth, "status" | "slots">;
  readonly log: Log;
}

const refusal = (code: ExecutorError["error"]["code"], message: string): ExecutorError => ({
  error: { code, message },
});

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Compares hashes, so that neither length nor content shows in the time it takes. */
const requireToken = (token: string): MiddlewareHandler => {
  const expected = digest(`Bearer ${token}`);
  return async (context, next) => {
    const given = digest(context.req.header("authorization") ?? "");
    if (!timingSafeEqual(expected, given)) {
      return context.json(refusal("unauthorized", "A bearer token is required."), 401);
    }
    await next();
  };
};

const readJson = async (request: Request): Promise<unknown> => {
  try {
    return await request.json();
  } catch {
    // Not JSON: the schema refuses undefined and says so.
    return undefined;
  }
};

/** The executor's own API; every route but /health wants the bearer token. */
export const createServer = (parts: ServerParts): Hono => {
  const { attempts, environments, languages, log } = parts;
  const app = new Hono();

  app.get("/health", (context) => {
    const status = attempts.isDraining() ? "draining" : "healthy";
    return context.json({ status, ...parts.health, slots: attempts.load() } satisfies ExecutorHealth);
  });
  app.use("*", requireToken(parts.token));
  app.get("/environments", (context) =>
    context.json({ environments: environments.list(), languages: languages.list() }),
  );

  const tooLarge = bodyLimit({
    maxSize: BODY_BYTES,
    onError: (context) => context.json(refusal("invalid", "The body is too large."), 413),
  });
  app.post("/attempts", tooLarge, async (context) => {
    const parsed = attemptRequest.safeParse(await readJson(context.req.raw));
    if (!parsed.success) {
      const paths = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
      return context.json(refusal("invalid", paths.join("; ").slice(0, 2_000)), 400);
    }
    const { origin } = new URL(parsed.data.reportUrl);
    if (parts.reportOrigins !== null && !parts.reportOrigins.includes(origin)) {
      return context.json(refusal("invalid", "reportUrl: this origin is not allowed"), 400);
    }
    const admission = attempts.admit(parsed.data);
    if (admission === "accepted") return context.json({ accepted: true }, 202);
    context.header("Retry-After", String(BUSY_RETRY_SECONDS));
    return context.json(refusal(admission, "This executor takes no attempt now."), 503);
  });
  app.delete("/attempts/:id", (context) =>
    attempts.cancel(context.req.param("id"))
      ? context.json({ accepted: true }, 202)
      : context.json(refusal("not_found", "This attempt is not held here."), 404),
  );
  app.notFound((context) => context.json(refusal("not_found", "There is no such route."), 404));
  app.onError((error, context) => {
    log("request_failed", { error: errorKind(error) });
    return context.json(refusal("internal", "The executor failed."), 500);
  });
  return app;
};
