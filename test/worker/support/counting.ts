import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import { POOL_NAME } from "../../../src/adapters/pool.ts";
import worker from "../../../src/index.ts";
import { bucketApi, namespaceApi, queueApi, statementApi } from "./faults.ts";
import { jobStub } from "./objects.ts";

/** Operations that a deployment pays for. */
export type Counts = {
  objectRequests: string[];
  objectRows: string[];
  databaseRowsWritten: number;
  databaseRowsRead: number;
  queueOperations: string[];
  bucketOperations: string[];
};

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Calls `seen` with the arguments and the answer of each call, and changes nothing. */
const watch = <T extends object>(
  api: T,
  names: readonly (keyof T & string)[],
  seen: (name: string, args: unknown[], answer: unknown) => unknown,
): void => {
  for (const name of names) {
    const real = api[name] as Method;
    vi.spyOn(api as Record<string, Method>, name).mockImplementation(function (this: unknown, ...args) {
      const answer = real.apply(this, args);
      const changed = seen(name, args, answer);
      return changed ?? answer;
    });
  }
};

const watchObjects = (counts: Counts): void =>
  watch(namespaceApi, ["get", "getByName"], (method, [name], stub) => {
    const target = stub as DurableObjectStub;
    // By their names, tests reach objects that the service finds by their ids; the pool alone it finds so.
    if (method === "getByName" && name !== POOL_NAME) return undefined;
    return new Proxy(target, {
      get: (_target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function" || typeof name !== "string") return member;
        return (...args: unknown[]) => {
          const [input] = args;
          counts.objectRequests.push(
            name === "fetch" ? new URL(new Request(input as string).url).pathname : name,
          );
          return Reflect.apply(member, target, args);
        };
      },
    });
  });

/** All objects are in one isolate, so their storage shares its prototypes; one put or alarm writes one row. */
const watchStorage = async (counts: Counts): Promise<void> => {
  const apis = await runInDurableObject(jobStub("counting"), (_instance, { storage }) => ({
    storage: Object.getPrototypeOf(storage) as DurableObjectStorage,
    kv: Object.getPrototypeOf(storage.kv) as DurableObjectStorage["kv"],
    sql: Object.getPrototypeOf(storage.sql) as DurableObjectStorage["sql"],
  }));
  const note = (name: string, [key]: unknown[]): void => {
    counts.objectRows.push(name === "setAlarm" ? name : `${name} ${String(key)}`);
  };
  watch(apis.storage, ["put", "delete", "setAlarm"], note);
  watch(apis.kv, ["put", "delete"], note);
  watch(apis.sql, ["exec"], note);
};

const watchDatabase = (counts: Counts): void =>
  watch(statementApi, ["run", "all"], (_name, _args, answer) =>
    (answer as Promise<D1Result>).then((result) => {
      counts.databaseRowsWritten += result.meta.rows_written;
      counts.databaseRowsRead += result.meta.rows_read;
      return result;
    }),
  );

/** A message costs a write, a read for each delivery, and a delete when it is acknowledged. */
const watchQueue = (counts: Counts): void => {
  watch(queueApi, ["send"], () => {
    counts.queueOperations.push("write");
  });
  watch(worker as unknown as Record<string, Method>, ["queue"], (_name, [batch], answer) => {
    const { messages } = batch as MessageBatch;
    for (const _message of messages) counts.queueOperations.push("read");
    return (answer as Promise<void>).then(() => {
      for (const _message of messages) counts.queueOperations.push("delete");
    });
  });
};

const watchBucket = (counts: Counts): void =>
  watch(bucketApi, ["head", "get", "put", "delete", "list", "createMultipartUpload"], (name) => {
    counts.bucketOperations.push(name);
  });

/** Counts from now on what Worker and objects ask of the platform, until mocks are restored. */
export const startCounting = async (): Promise<Counts> => {
  const counts: Counts = {
    objectRequests: [],
    objectRows: [],
    databaseRowsWritten: 0,
    databaseRowsRead: 0,
    queueOperations: [],
    bucketOperations: [],
  };
  await watchStorage(counts);
  watchObjects(counts);
  watchDatabase(counts);
  watchQueue(counts);
  watchBucket(counts);
  return counts;
};
