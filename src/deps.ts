import { d1ApiKeys } from "./adapters/api-keys.ts";
import { systemClock } from "./adapters/clock.ts";
import { d1DeliveryRows } from "./adapters/delivery-rows.ts";
import { durableContainerPool, durableContainers } from "./adapters/executor-containers.ts";
import { durableIdempotencyKeys } from "./adapters/idempotency-keys.ts";
import { randomIds } from "./adapters/ids.ts";
import { durableJobObjects } from "./adapters/job-objects.ts";
import { d1JobRows } from "./adapters/job-rows.ts";
import { jsonLogger } from "./adapters/logger.ts";
import { d1Operations } from "./adapters/operations.ts";
import { durablePool } from "./adapters/pool.ts";
import { s3Presigner } from "./adapters/presigner.ts";
import { durableQuotas } from "./adapters/quotas.ts";
import { r2Bucket } from "./adapters/r2-bucket.ts";
import { d1RunRows } from "./adapters/run-rows.ts";
import { incrementalSha256 } from "./adapters/sha256.ts";
import { platformSignatures, publicHalfOf } from "./adapters/signatures.ts";
import { d1Tally } from "./adapters/tally.ts";
import { turnsUnder } from "./adapters/turns.ts";
import { durableTypedJobObjects } from "./adapters/typed-job-objects.ts";
import { d1TypedJobRows } from "./adapters/typed-job-rows.ts";
import { webhookSecrets } from "./adapters/webhook-secrets.ts";
import { httpWebhookSender } from "./adapters/webhook-sender.ts";
import { clientWebhooks, durableWebhooks } from "./adapters/webhooks.ts";
import { d1WorkloadRows } from "./adapters/workload-rows.ts";
import type {
  AccessDeps,
  ContainerDeps,
  Deps,
  DoorSettings,
  JobDeps,
  PoolDeps,
  QuotaDeps,
  RateLimits,
  TypedJobDeps,
  WebhookDeps,
} from "./deps/types.ts";
import { classOfSubject } from "./domain/access/caller.ts";
import { refusalOfKey } from "./domain/access/standing.ts";
import type { TrustedKey } from "./domain/pool/trust.ts";
import type { Logger } from "./domain/ports/logger.ts";
import {
  rulesOfClass,
  rulesOfStrangers,
  runLimitsOf,
  STRANGERS_UPLOAD_BYTES,
} from "./domain/quota/classes.ts";
import { isJudgeKey } from "./domain/quota/judge-key.ts";
import type { QuotaRules } from "./domain/quota/quota.ts";
import { type Subscription, subscriptionsOf, type WebhookEndpoint } from "./domain/webhooks/endpoint.ts";
import {
  type AccessConfig,
  accessConfigOf,
  type Config,
  configOf,
  queueOf,
  secretNamed,
  typedJobConfigOf,
  webhookConfigOf,
} from "./env.ts";
import { CONTAINER_PORT } from "./wire/limits.ts";

type RawEnv = Record<string, unknown>;

/** Where executors join, and report to. */
const joinUrlOf = ({ EXECUTOR_JOIN_URL: joinUrl, PUBLIC_URL: publicUrl }: Config): string =>
  joinUrl === "" ? publicUrl : joinUrl;

const containerEnvOf = (config: Config): Record<string, string> => ({
  EXECUTOR_JOIN_URL: joinUrlOf(config),
  EXECUTOR_STORAGE_ORIGINS: config.R2_S3_ENDPOINT,
  EXECUTOR_KEY: config.EXECUTOR_KEY ?? "",
  EXECUTOR_HOST: "0.0.0.0",
  EXECUTOR_PORT: String(CONTAINER_PORT),
  EXECUTOR_SLOTS: String(config.EXECUTOR_SLOTS),
  EXECUTOR_MIN_ISOLATION: String(config.EXECUTOR_MIN_ISOLATION),
});

const rulesOf = (config: Config): QuotaRules => ({
  activeJobs: config.RUN_MAX_ACTIVE,
  jobsPerHour: config.RUN_MAX_PER_HOUR,
  cpuSecondsPerMinute: config.RUN_CPU_SECONDS_PER_MINUTE,
  uploadBytesPerDay: STRANGERS_UPLOAD_BYTES,
});

const strangersRulesOf = (config: Config): QuotaRules =>
  rulesOfStrangers(config.QUOTA_CLASSES, rulesOf(config));

/** Clients of the doors send many small submissions: they count apart, by rules of their own. */
const judgeRulesOf = (config: Config): QuotaRules => ({
  activeJobs: config.JUDGE_MAX_ACTIVE,
  jobsPerHour: config.JUDGE_MAX_PER_HOUR,
  cpuSecondsPerMinute: config.RUN_CPU_SECONDS_PER_MINUTE,
  uploadBytesPerDay: STRANGERS_UPLOAD_BYTES,
});

const doorsOf = (config: Config, callbacks: boolean): DoorSettings => ({
  callbacks,
  judge0: config.JUDGE0_FACE,
  piston: config.PISTON_FACE,
  anonymous: config.ANONYMOUS_JUDGE,
  implicitBase64: config.JUDGE0_IMPLICIT_BASE64,
  homepage: config.JUDGE0_HOMEPAGE,
  sourceCode: config.JUDGE0_SOURCE_CODE,
  maintainer: config.JUDGE0_MAINTAINER,
  strictVersions: config.PISTON_STRICT_VERSIONS,
  maxTimeoutMs: config.PISTON_MAX_TIMEOUT_MS,
  outputBytes: config.PISTON_OUTPUT_BYTES,
});

/** The adapters that a job object needs. */
export const jobDepsFor = (env: RawEnv): JobDeps => {
  const config = configOf(env);
  return {
    now: systemClock,
    ids: randomIds,
    log: jsonLogger,
    rows: d1JobRows(config.DB),
    quotas: durableQuotas(config.QUOTA_OBJECT),
    dispatchQueue: {
      sendProgram: async (entry) => {
        await config.DISPATCH_QUEUE.send(entry);
      },
      sendFunction: async (objectId) => {
        await config.FUNCTION_QUEUE.send({ objectId });
      },
    },
    pool: durablePool(config.POOL_OBJECT, systemClock),
    signatures: platformSignatures,
    turnOf: turnsUnder(config.R2_SECRET_ACCESS_KEY),
    tally: d1Tally(config.DB, systemClock, jsonLogger),
    bucket: r2Bucket(config.BUCKET),
    presigner: s3Presigner({
      bucketUrl: `${config.R2_S3_ENDPOINT}/${config.R2_BUCKET_NAME}`,
      accessKeyId: config.R2_ACCESS_KEY_ID,
      secretAccessKey: config.R2_SECRET_ACCESS_KEY,
    }),
    webhooks: durableWebhooks(webhookConfigOf(env).WEBHOOK_OBJECT),
    isKeyGood: async (keyId) => {
      const { apiKeys, blocks, now } = accessDepsFor(env);
      const key = await apiKeys.byId(keyId);
      return key !== null && refusalOfKey(key, await blocks(), now()) === null;
    },
  };
};

/** A slot's lease covers the longest life of a run: the wait in the queue and every attempt. */
const ATTEMPTS_MS = 3 * 25 * 60_000;

/** A client's rules, by the name of its quota object. */
const rulesFor = (config: Config, clientKey: string): QuotaRules => {
  if (isJudgeKey(clientKey)) return judgeRulesOf(config);
  const quotaClass = classOfSubject(clientKey);
  return quotaClass === null ? strangersRulesOf(config) : rulesOfClass(config.QUOTA_CLASSES, quotaClass);
};

export const quotaDepsFor = (env: RawEnv): QuotaDeps => {
  const config = configOf(env);
  return {
    clock: systemClock,
    rulesFor: (clientKey) => rulesFor(config, clientKey),
    slotLeaseMs: config.RUN_QUEUE_WAIT_SECONDS * 1_000 + ATTEMPTS_MS,
    submissionMs: config.SUBMISSION_SECONDS * 1_000,
    uploadWaitMs: config.UPLOAD_URL_SECONDS * 1_000,
  };
};

export const containerDepsFor = (env: RawEnv): ContainerDeps => ({
  tally: d1Tally(configOf(env).DB, systemClock, jsonLogger),
  now: systemClock,
  log: jsonLogger,
  pool: durableContainerPool(configOf(env).POOL_OBJECT),
  idleMs: configOf(env).EXECUTOR_IDLE_SECONDS * 1_000,
  containerEnv: containerEnvOf(configOf(env)),
});

export const poolDepsFor = (env: RawEnv): PoolDeps => {
  const config = configOf(env);
  return {
    now: systemClock,
    log: jsonLogger,
    jobs: durableJobObjects(config.JOB_OBJECT),
    containers: durableContainers(config.EXECUTOR_CONTAINER, config.EXECUTOR_KEY !== undefined),
    maxContainers: config.EXECUTOR_INSTANCES,
    secret: () => randomIds.keyPart(),
    hashOf: (secret) => randomIds.hashOf(secret),
    publicUrl: joinUrlOf(config),
  };
};

/** Who may run jobs: the public half of the key that the containers share, and the keys that the owner lists. */
const trustOf = ({ EXECUTOR_KEY: shared, TRUSTED_EXECUTORS: listed }: Config) => {
  let known: string | null = null;
  const containersKey = async (): Promise<string | null> => {
    if (shared !== undefined) known ??= await publicHalfOf(shared);
    return known;
  };
  const trustedExecutors = async (): Promise<readonly TrustedKey[]> => {
    const key = await containersKey();
    return key === null ? listed : [...listed, { key, name: null }];
  };
  return { containersKey, trustedExecutors };
};

export const webhookDepsFor = (env: RawEnv): WebhookDeps => {
  const config = webhookConfigOf(env);
  const secretsOf = webhookSecrets((name) => secretNamed(env, name), config.WEBHOOK_SECRET);
  return {
    now: systemClock,
    log: jsonLogger,
    random: Math.random,
    send: httpWebhookSender(secretsOf, config.WEBHOOK_TIMEOUT_MS),
    rows: d1DeliveryRows(config.DB),
    tally: d1Tally(config.DB, systemClock, jsonLogger),
  };
};

/** The deployer's endpoints, as jobs keep them. @throws Error that names what is wrong or missing. */
export const webhookSubscriptionsFor = (
  env: RawEnv,
  endpoints: readonly WebhookEndpoint[],
): readonly Subscription[] => {
  if (endpoints.length === 0) return [];
  const rules = { allowLoopback: webhookConfigOf(env).WEBHOOK_ALLOW_LOOPBACK };
  const outcome = subscriptionsOf(endpoints, (name) => secretNamed(env, name), rules);
  if (outcome.kind === "ok") return outcome.subscriptions;
  throw new Error(`The configuration is not complete. ${outcome.problems.join("; ")}`);
};

/** What says who calls. @throws Error about the configuration. */
const accessDepsFor = (env: RawEnv): AccessDeps => {
  const config = accessConfigOf(env);
  return {
    now: systemClock,
    ids: randomIds,
    access: { mode: config.ACCESS, anonymousRuns: config.ANONYMOUS_RUNS },
    apiKeys: d1ApiKeys(config.DB, systemClock),
    blocks: async () => (await d1Operations(config.DB, systemClock, jsonLogger).gates()).blocks,
  };
};

const rateLimitsOf = (config: AccessConfig): RateLimits | null => {
  const { RATE_LIMITS, RATE_LIMIT_CHANGES: changes, RATE_LIMIT_READS: reads } = config;
  if (!RATE_LIMITS || changes === undefined || reads === undefined) return null;
  return {
    changes: async (key) => (await changes.limit({ key })).success,
    reads: async (key) => (await reads.limit({ key })).success,
  };
};

/** Everything that requests and queue messages are handled with. @throws Error about the configuration. */
export const depsFor = (env: RawEnv, webhookEndpoints: readonly WebhookEndpoint[] = []): Deps => {
  const config = configOf(env);
  const webhookConfig = webhookConfigOf(env);
  const jobDeps = jobDepsFor(env);
  return {
    ...jobDeps,
    ...accessDepsFor(env),
    operatorTokens: accessConfigOf(env).OPERATOR_TOKEN,
    operations: d1Operations(config.DB, systemClock, jsonLogger),
    rateLimits: rateLimitsOf(accessConfigOf(env)),
    typedJobs: durableTypedJobObjects(typedJobConfigOf(env).TYPED_JOB_OBJECT, systemClock),
    jobs: durableJobObjects(config.JOB_OBJECT),
    assets: { fetch: (request) => config.ASSETS.fetch(request) },
    quotaRules: strangersRulesOf(config),
    runLimits: (clientKey) => runLimitsOf(config.QUOTA_CLASSES, classOfSubject(clientKey)),
    doors: doorsOf(config, webhookConfig.WEBHOOK_SECRET !== ""),
    runRetentionMs: config.RUN_RETENTION_SECONDS * 1_000,
    runQueueWaitMs: config.RUN_QUEUE_WAIT_SECONDS * 1_000,
    submissionMs: config.SUBMISSION_SECONDS * 1_000,
    sha256: incrementalSha256,
    idempotencyKeys: durableIdempotencyKeys(config.IDEMPOTENCY_OBJECT),
    webhookSubscriptions: webhookSubscriptionsFor(env, webhookEndpoints),
    runRows: d1RunRows(config.DB),
    workloadRows: d1WorkloadRows(config.DB),
    deliveryRows: d1DeliveryRows(config.DB),
    workloadSettings: {
      uploadMs: config.UPLOAD_URL_SECONDS * 1_000,
      retentionMs: config.FILE_RETENTION_DAYS * 86_400_000,
      // Never before the files.
      rowRetentionMs: Math.max(config.ROW_RETENTION_DAYS, config.FILE_RETENTION_DAYS) * 86_400_000,
      queueWaitMs: config.RUN_QUEUE_WAIT_SECONDS * 1_000,
    },
    ...trustOf(config),
    poolLimits: { maxWaiting: config.POOL_MAX_WAITING, maxMemoryMb: config.POOL_MAX_MEMORY_MB },
    bucketName: config.R2_BUCKET_NAME,
    uploadOrigin: new URL(config.R2_S3_ENDPOINT).origin,
    publicUrl: config.PUBLIC_URL,
    clientWebhooks: clientWebhooks(webhookConfig.WEBHOOK_SECRET, {
      allowLoopback: webhookConfig.WEBHOOK_ALLOW_LOOPBACK,
    }),
  };
};

/** The service's log, for what goes wrong before there are any deps. */
export const serviceLog: Logger = jsonLogger;

/** The adapters of the typed jobs: they need D1 and their object's binding, and nothing else. */
export const typedJobDepsFor = (env: RawEnv): TypedJobDeps => {
  const config = typedJobConfigOf(env);
  const { ASSETS: assets } = config;
  return {
    ...accessDepsFor(env),
    log: jsonLogger,
    rows: d1TypedJobRows(config.DB),
    objects: durableTypedJobObjects(config.TYPED_JOB_OBJECT, systemClock),
    queue: (name) => {
      const queue = queueOf(env, name);
      return {
        send: async (message) => {
          await queue.send(message, { contentType: "text" });
        },
      };
    },
    tally: d1Tally(config.DB, systemClock, jsonLogger),
    quotas: config.QUOTA_OBJECT === undefined ? null : durableQuotas(config.QUOTA_OBJECT),
    zone: config.RESPONSE_TIMEZONE,
    credentials: {
      username: config.BASIC_AUTH_USERNAME,
      password: config.BASIC_AUTH_PASSWORD,
      previousPassword: config.BASIC_AUTH_PREVIOUS_PASSWORD,
    },
    assets: assets === undefined ? null : { fetch: (request) => assets.fetch(request) },
    webhooks: () => durableWebhooks(webhookConfigOf(env).WEBHOOK_OBJECT),
    webhookSubscriptions: (endpoints) => webhookSubscriptionsFor(env, endpoints),
  };
};
