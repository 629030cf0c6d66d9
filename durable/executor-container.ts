import { DurableObject } from "cloudflare:workers";
import type { ContainerDeps } from "../src/deps/types.ts";
import { containerDepsFor } from "../src/deps.ts";
import { type ExecutorError, executorHealth } from "../src/wire/attempt.ts";

const PORT = 8788;
/** A container is billed while it runs; with no attempt for this long it is stopped. */
const IDLE_MS = 5 * 60_000;
const START_WAIT_MS = 25_000;
const START_POLL_MS = 100;

const unavailable = (message: string): Response =>
  Response.json({ error: { code: "internal", message } } satisfies ExecutorError, { status: 503 });

/**
 * One executor container: starts it on demand, passes requests on, and stops it when it is idle.
 * It speaks to the platform's bare `ctx.container`, which Cloudflare's documents prefer to a base class.
 */
export class ExecutorContainer extends DurableObject {
  readonly #deps: ContainerDeps;

  constructor(ctx: DurableObjectState, env: Record<string, unknown>) {
    super(ctx, env);
    this.#deps = containerDepsFor(env);
  }

  override async fetch(request: Request): Promise<Response> {
    const { container } = this.ctx;
    if (container === undefined) return unavailable("this deployment has no executor container");
    await this.ctx.storage.setAlarm(this.#deps.now() + IDLE_MS);
    if (!container.running) container.start({ enableInternet: true, env: this.#deps.containerEnv });
    const deadlineMs = this.#deps.now() + START_WAIT_MS;
    for (;;) {
      try {
        return await container.getTcpPort(PORT).fetch(request.clone());
      } catch (error) {
        // A container that is still starting refuses connections, and no event tells when it listens.
        if (this.#deps.now() >= deadlineMs) {
          this.#deps.log.error("container.unreachable", error);
          return unavailable("the executor container did not start in time");
        }
        await scheduler.wait(START_POLL_MS);
      }
    }
  }

  /** Stops an idle container; a busy one, or one that does not answer, is asked again later. */
  override async alarm(): Promise<void> {
    const { container } = this.ctx;
    if (container === undefined || !container.running) return;
    if (await this.#isIdle(container)) return container.destroy();
    await this.ctx.storage.setAlarm(this.#deps.now() + IDLE_MS);
  }

  async #isIdle(container: Container): Promise<boolean> {
    try {
      const response = await container.getTcpPort(PORT).fetch("http://executor/health");
      const { slots } = executorHealth.parse(await response.json());
      return slots.busy + slots.waiting === 0;
    } catch (error) {
      this.#deps.log.error("container.health_failed", error);
      return false;
    }
  }
}
