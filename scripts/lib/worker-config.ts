import path from "node:path";
import { type Unstable_Config, unstable_readConfig } from "wrangler";
import { host, root } from "./local.ts";
import type { LocalOptions } from "./options.ts";

export const configFile = path.join(root, "wrangler.toml");

// wrangler would warn, at each reading, that the local S3 credentials are an experiment.
process.env.WRANGLER_LOG ??= "error";

export const workerConfig = (): Unstable_Config => unstable_readConfig({ config: configFile });

/** Only this machine reaches a local service. */
const LOCAL_ACCESS = "open";

/** Who may use a local service: `open` or `keys`. */
export const localAccess = ({ vars }: LocalOptions): string => vars.ACCESS ?? LOCAL_ACCESS;

/**
 * What only a local run knows; `executorKey` is the worker id of its executor. The bucket's S3 API is the one that the local runtime serves, with the
 * credentials that wrangler.toml gives it.
 */
export const localVars = (
  { port, vars }: LocalOptions,
  executorKey: string,
): Record<string, string> & { readonly R2_S3_ENDPOINT: string } => {
  const [bucket] = workerConfig().r2_buckets;
  const credentials = bucket?.local_dev?.experimental_s3_credentials;
  return {
    ACCESS: LOCAL_ACCESS,
    RATE_LIMITS: "false",
    PUBLIC_URL: `http://${host}:${port}`,
    // As much as the machine has: its executor says what that is.
    POOL_MAX_MEMORY_MB: "1048576",
    R2_S3_ENDPOINT: `http://${host}:${port}/cdn-cgi/local/r2/s3`,
    ...(credentials && {
      R2_ACCESS_KEY_ID: credentials.accessKeyId,
      R2_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
    ...vars,
    TRUSTED_EXECUTORS: [`local=${executorKey}`, vars.TRUSTED_EXECUTORS ?? ""].join(","),
  };
};
