import { vi } from "vitest";
import { testEnv } from "./env.ts";

/**
 * Bindings of one kind share a prototype in the isolate that Worker, objects and test have in common, so
 * what is done to it here holds for all of them. `vi.restoreAllMocks` takes it back.
 */
const prototypeOf = <T extends object>(binding: T): T => Object.getPrototypeOf(binding) as T;

export const databaseApi = prototypeOf(testEnv.DB);
export const statementApi = prototypeOf(testEnv.DB.prepare("SELECT 1"));
export const queueApi = prototypeOf(testEnv.DISPATCH_QUEUE);
export const bucketApi = prototypeOf(testEnv.BUCKET);
export const namespaceApi = prototypeOf(testEnv.JOB_OBJECT);

/** The next writes to D1 fail, so many of them. */
export const failDatabaseWrites = (times: number): void => {
  const run = vi.spyOn(statementApi, "run");
  for (let count = 0; count < times; count++) run.mockRejectedValueOnce(new Error("D1 is not there"));
};

/** The next messages are not taken by the queue, so many of them. */
export const failQueueSends = (times: number) => {
  const send = vi.spyOn(queueApi, "send");
  for (let count = 0; count < times; count++) send.mockRejectedValueOnce(new Error("the queue is not there"));
  return send;
};

/** The next deletions in the bucket fail, so many of them. */
export const failBucketDeletes = (times: number): void => {
  const remove = vi.spyOn(bucketApi, "delete");
  for (let count = 0; count < times; count++) remove.mockRejectedValueOnce(new Error("R2 is not there"));
};

type Call = (...args: unknown[]) => Promise<unknown>;

/** Puts something between the next caller of this method of an object and the object; for stubs got from now on. */
const interpose = (method: string, isMeant: (args: unknown[]) => boolean, around: (call: Call) => Call) => {
  const get = namespaceApi.get;
  let isDone = false;
  const spy = vi.spyOn(namespaceApi, "get").mockImplementation(function (this: DurableObjectNamespace, id) {
    return new Proxy(get.call(this, id), {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        // What a stub calls a method is a remote one: it has no `bind`.
        const call: Call = (...args) => Reflect.apply(member, target, args);
        if (name !== method) return call;
        return (...args: unknown[]) => {
          if (isDone || !isMeant(args)) return call(...args);
          isDone = true;
          spy.mockRestore();
          return around(call)(...args);
        };
      },
    });
  });
};

/** The next call of this method of a quota object never reaches it. */
export const failQuotaCall = (method: string): void =>
  interpose(
    "fetch",
    ([input, init]) => new Request(input as RequestInfo, init as RequestInit).url.endsWith(`/call/${method}`),
    () => () => Promise.reject(new Error("the quota is not there")),
  );

/** Objects, the database's reads and the bucket fail from now on, as the platform's do that have no room. */
export const failStorage = (message: string): void => {
  const fails = (): Promise<never> => Promise.reject(new Error(message));
  const nobody = new Proxy({}, { get: () => fails });
  vi.spyOn(namespaceApi, "get").mockReturnValue(nobody as DurableObjectStub);
  for (const method of ["all", "first", "run"] as const)
    vi.spyOn(statementApi, method).mockImplementation(fails);
  for (const method of ["put", "get", "list"] as const) vi.spyOn(bucketApi, method).mockImplementation(fails);
};

/** The next job is created, but the answer of its object is lost on the way. */
export const loseAnswerOfCreate = (): void =>
  interpose(
    "create",
    () => true,
    (call) =>
      async (...args) => {
        await call(...args);
        throw new Error("the connection broke");
      },
  );
