import type { ContainerPool, ExecutorContainers } from "../domain/ports/executor-containers.ts";
import { POOL_NAME } from "./pool.ts";

type ContainerStub = { start(name: string, startToken: string): Promise<void> };

/** The containers by their binding; there are none without it, or without a key for them to share. */
export const durableContainers = (
  namespace: DurableObjectNamespace | undefined,
  hasKey: boolean,
): ExecutorContainers => ({
  exist: namespace !== undefined && hasKey,
  start: async (name, startToken) => {
    if (namespace === undefined) throw new Error("this deployment has no executor container");
    await (namespace.getByName(name) as unknown as ContainerStub).start(name, startToken);
  },
});

/** The pool as a container's object tells it of itself. */
export const durableContainerPool = (namespace: DurableObjectNamespace): ContainerPool => {
  const pool = (): ContainerPool => namespace.getByName(POOL_NAME) as unknown as ContainerPool;
  return {
    containerHasJoined: (name) => pool().containerHasJoined(name),
    containerEnded: (name, end) => pool().containerEnded(name, end),
  };
};
