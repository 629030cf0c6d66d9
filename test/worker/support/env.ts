import { env } from "cloudflare:test";
import type { Config } from "../../../src/env.ts";

/** The bindings and variables that the Worker under test has. */
export const testEnv = env as unknown as Config;
