import { vi } from "vitest";
import { namespaceApi } from "../../support/faults.ts";

type Call = () => Promise<unknown>;

/**
 * Puts `tap` between every caller of an object's method and the object, for stubs got from now on.
 * `vi.restoreAllMocks` takes it back.
 */
export const tapObjects = (tap: (method: string, call: Call) => Promise<unknown>): void => {
  const get = namespaceApi.get;
  vi.spyOn(namespaceApi, "get").mockImplementation(function (this: DurableObjectNamespace, id) {
    return new Proxy(get.call(this, id), {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        // What a stub calls a method is a remote one: it has no `bind`.
        return (...args: unknown[]) => tap(String(name), () => Reflect.apply(member, target, args));
      },
    });
  });
};

/** Names of the methods that are called from now on. */
export const watchCalls = (): string[] => {
  const methods: string[] = [];
  tapObjects((method, call) => {
    methods.push(method);
    return call();
  });
  return methods;
};

/**
 * The next call of each of these methods, once for each time it is named, reaches its object or not, and fails
 * either way.
 */
export const failCalls = (failing: readonly string[], how: "arriving" | "lost"): void => {
  const left = [...failing];
  tapObjects(async (method, call) => {
    if (!left.includes(method)) return call();
    left.splice(left.indexOf(method), 1);
    if (how === "arriving") await call();
    throw new Error("the connection broke");
  });
};
