/**
 * Runs before each file: all files share one runtime, and each finds it as if it were the first. Module state,
 * such as the service of `src/index.ts`, lives on, as it does from request to request in production.
 */
import { applyD1Migrations, type D1Migration, reset, runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import { restoreClock } from "./clock.ts";
import { testEnv } from "./env.ts";
import { leaveJobsBehind } from "./objects.ts";
import { addSuiteKey } from "./suite-key.ts";

const { TYPED_JOB_OBJECT, TEST_MIGRATIONS } = testEnv as unknown as {
  TYPED_JOB_OBJECT: DurableObjectNamespace;
  TEST_MIGRATIONS: D1Migration[];
};

const nothing = (): void => undefined;

/**
 * `reset` empties only the objects that are in memory, which workerd leaves after ten idle seconds: the
 * ones whose names tests share are woken for it, among them those that are the local database and bucket.
 */
const wakeShared = async (): Promise<void> => {
  const settings = TYPED_JOB_OBJECT.getByName("settings");
  await Promise.all([
    testEnv.DB.prepare("SELECT 1").first(),
    testEnv.BUCKET.head("nothing"),
    runInDurableObject(settings, nothing),
  ]);
};

vi.restoreAllMocks();
restoreClock();
await wakeShared();
await reset();
await leaveJobsBehind();
await applyD1Migrations(testEnv.DB, TEST_MIGRATIONS);
await addSuiteKey();
