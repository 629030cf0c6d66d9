/** The Durable Objects that a deployment binds; its main module exports each of them. */

export { ExecutorContainer } from "../durable/executor-container.ts";
export { IdempotencyObject } from "../durable/idempotency-object.ts";
export { JobObject } from "../durable/job-object.ts";
export { PoolObject } from "../durable/pool-object.ts";
export { QuotaObject } from "../durable/quota-object.ts";
export { TypedJobObject } from "../durable/typed-job-object.ts";
export { WebhookObject } from "../durable/webhook-object.ts";
