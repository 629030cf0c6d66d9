import { randomUUID } from "node:crypto";

export type Version = {
  readonly id: string;
  readonly number: number;
  readonly bindings: Record<string, unknown>[];
  readonly migrationTag: string | null;
};
export type Script = {
  readonly namespaces: Map<string, string>;
  versions: Version[];
  /** The version that serves. */
  deployed: string | null;
  secrets: Map<string, string>;
  migrationTag: string | null;
  workersDev: boolean;
  schedules: { cron: string }[];
};
export type Database = { readonly uuid: string; readonly name: string; readonly applied: string[] };
export type Bucket = {
  readonly jurisdiction: string;
  cors: unknown;
  lifecycle: unknown;
  notifications: Map<string, unknown[]>;
  objects: number;
};
export type Consumer = {
  readonly consumer_id: string;
  readonly script: string;
  settings: unknown;
  dead_letter_queue?: string;
};
export type Queue = { readonly queue_id: string; readonly queue_name: string; consumers: Consumer[] };
export type Application = { readonly id: string; readonly name: string; configuration: unknown };

/** What one account of the platform holds. */
export type Account = {
  readonly id: string;
  subdomain: string | null;
  paid: boolean;
  readonly scripts: Map<string, Script>;
  readonly databases: Map<string, Database>;
  readonly buckets: Map<string, Bucket>;
  readonly queues: Map<string, Queue>;
  readonly applications: Map<string, Application>;
};

export const newAccount = (): Account => ({
  id: "0123456789abcdef0123456789abcdef",
  subdomain: "birds",
  paid: true,
  scripts: new Map(),
  databases: new Map(),
  buckets: new Map(),
  queues: new Map(),
  applications: new Map(),
});

/** 32 hex digits; the first eight are never all digits, because clients take those for a number. */
export const hexId = (): string => `a${randomUUID().replaceAll("-", "").slice(1)}`;

export const newScript = (): Script => ({
  namespaces: new Map(),
  versions: [],
  deployed: null,
  secrets: new Map(),
  migrationTag: null,
  workersDev: false,
  schedules: [],
});
