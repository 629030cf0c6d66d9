import { vi } from "vitest";

vi.mock("cloudflare:workers", () => ({
  DurableObject: class {
    readonly ctx: unknown;
    readonly env: unknown;
    constructor(ctx: unknown, env: unknown) {
      this.ctx = ctx;
      this.env = env;
    }
  },
}));

/** Objects find what they act through where the simulation put it. */
vi.mock("../../src/deps.ts", () => ({
  jobDepsFor: ({ deps }: { deps: unknown }) => deps,
  poolDepsFor: ({ deps }: { deps: unknown }) => deps,
  typedJobDepsFor: ({ deps }: { deps: unknown }) => deps,
  webhookDepsFor: ({ deps }: { deps: unknown }) => deps,
  serviceLog: { info: () => undefined, warn: () => undefined, error: () => undefined },
}));
