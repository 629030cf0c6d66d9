import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { testEnv } from "./env.ts";

await applyD1Migrations(
  testEnv.DB,
  (testEnv as unknown as { TEST_MIGRATIONS: D1Migration[] }).TEST_MIGRATIONS,
);
