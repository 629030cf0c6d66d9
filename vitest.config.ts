import { generateKeyPairSync } from "node:crypto";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./scripts/lib/longest-first.ts";
import { mutating } from "./test/simulation/mutations.ts";

/** Secrets and addresses that a Worker test runs with; a test's own executor has the trusted key. */
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const testExecutorKey = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString(
  "base64",
);
/** Where the clients of the suites put a key; without one everything is open. See `npm run test:keys`. */
const { KEY_PLACE: keyPlace = "none" } = process.env;
const workerTestVars = {
  ACCESS: keyPlace === "none" ? "open" : "keys",
  RATE_LIMITS: "false",
  QUOTA_CLASSES: JSON.stringify({
    small: { upload_bytes_per_day: 250_000_000, jobs_per_hour: 5 },
    suite: { active_jobs: 10_000, jobs_per_hour: 10_000 },
  }),
  OPERATOR_TOKEN: "operator-token-of-the-tests",
  TRUSTED_EXECUTORS: `hand=${testExecutorKey}`,
  TEST_EXECUTOR_PUBLIC_KEY: testExecutorKey,
  TEST_EXECUTOR_KEY: privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"),
  PUBLIC_URL: "http://sandpiper.test",
  R2_S3_ENDPOINT: "http://r2.test",
  R2_ACCESS_KEY_ID: "local",
  R2_SECRET_ACCESS_KEY: "local-secret",
  WEBHOOK_SECRET: `whsec_${btoa("secret-of-the-clients-in-tests--")}`,
  WEBHOOK_ALLOW_LOOPBACK: "true",
  WEBHOOK_TIMEOUT_MS: "1500",
  RECEIVER_SECRET: `whsec_${btoa("secret-of-the-receiver-in-tests-")}`,
};

/** How many requests are generated for each face, and how many a flood has: `npm run fuzz` and `npm run flood` send thousands. */
const provide = {
  fuzzRequests: Number(process.env.FUZZ_REQUESTS ?? 240),
  fuzzSeed: Number(process.env.FUZZ_SEED ?? 20_261_122),
  keyPlace,
  floodRequests: Number(process.env.FLOOD_REQUESTS ?? 100),
};

/** Ends what hangs; the suites run side by side, so what is merely slow gets its time. */
const PATIENT_MS = 30_000;

/** How long a test looks for what should come to be: vitest's own second is too short beside other suites. */
const expectPatience = { poll: { timeout: 15_000 } };

// Keeps wrangler from warning, at each start, that the local S3 credentials are an experiment.
process.env.WRANGLER_LOG ??= "error";

export default defineConfig({
  test: {
    coverage: {
      // The only provider that can count inside workerd.
      provider: "istanbul",
      include: ["src/**/*.ts", "durable/**/*.ts"],
      // What other processes and the browser run cannot be counted from here.
      exclude: ["src/cli/**", "src/console/**"],
      reporter: ["text-summary", "html"],
      reportOnFailure: true,
    },
    reporters: ["default", "./scripts/lib/repeat-reporter.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          expect: expectPatience,
          include: ["test/unit/**/*.test.ts", "test/examples/*.test.ts"],
          isolate: false,
          testTimeout: PATIENT_MS,
        },
      },
      {
        plugins: [mutating(process.env.SIMULATED_MUTATION)],
        test: {
          name: "simulation",
          include: ["test/simulation/*.test.ts"],
          setupFiles: ["test/simulation/setup.ts"],
          // What was loaded with a fault must not be there for the next run.
          fsModuleCache: process.env.SIMULATED_MUTATION === undefined,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              cf: false,
              bindings: { ...workerTestVars, TEST_MIGRATIONS: await readD1Migrations("migrations") },
            },
          })),
        ],
        test: {
          name: "worker",
          expect: expectPatience,
          provide,
          testTimeout: PATIENT_MS,
          hookTimeout: PATIENT_MS,
          include: ["test/worker/**/*.test.ts"],
          globalSetup: ["test/support/webhook-receiver.ts"],
          setupFiles: ["test/worker/support/blank.ts"],
          // A runtime and a module graph for each file would take longer than the tests; blank.ts cleans up.
          isolate: false,
          // Tests wait for timers and disk half of the time; other counts of workers need their own group.
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
          // itty-durable ships CommonJS that requires ES modules, which only a bundle can resolve.
          deps: { optimizer: { ssr: { enabled: true, include: ["itty-durable"] } } },
        },
      },
      {
        test: {
          name: "executor",
          expect: expectPatience,
          include: ["test/executor/**/*.test.ts"],
          // Its tests measure and fill up the machine's own processes, memory and cgroups.
          fileParallelism: false,
          testTimeout: PATIENT_MS,
        },
      },
      {
        test: {
          name: "deploy",
          include: ["test/deploy/*.test.ts"],
          // All at once: the longest decides, whichever would have come last.
          maxWorkers: 4,
          sequence: { groupOrder: 3 },
          // Each of them starts the real wrangler many times.
          testTimeout: 300_000,
        },
      },
      {
        test: {
          name: "deploy-matrix",
          include: ["test/deploy/matrix/*.test.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 4 },
          testTimeout: 900_000,
        },
      },
      {
        test: {
          name: "e2e",
          expect: expectPatience,
          provide,
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/e2e/support/global-setup.ts"],
          // They mostly wait for what happens elsewhere; more at once would only queue for the executor.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
        },
      },
    ],
  },
});
