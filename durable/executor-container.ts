import { DurableObject } from "cloudflare:workers";
import { containerDepsFor } from "../src/deps.ts";
import { ContainerKeeper } from "./container-keeper.ts";

/**
 * One container with an executor, on the platform's bare `ctx.container`: started when the pool says so, kept
 * while it works, stopped when it idles.
 */
export class ExecutorContainer extends DurableObject {
  readonly #keeper: ContainerKeeper;

  constructor(ctx: DurableObjectState, env: Record<string, unknown>) {
    super(ctx, env);
    this.#keeper = new ContainerKeeper(containerDepsFor(env), ctx.storage, ctx.container ?? null);
    this.#keeper.watchRunning();
  }

  /** Told by the pool: starts the container under a name; its executor joins with the token. */
  start(name: string, startToken: string): Promise<void> {
    return this.#keeper.start(name, startToken);
  }

  override alarm(): Promise<void> {
    return this.#keeper.look();
  }
}
