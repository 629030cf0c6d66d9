import type {
  ContainerNews,
  ContainerPool,
  ExecutorContainers,
} from "../domain/ports/executor-containers.ts";

import { POOL_NAME } from "./pool.ts";

type ContainerStub = { start(name: string, startToken: string): Promise<void> };
type PoolStub = { containerNews(name: string, news: ContainerNews): Promise<boolean> };

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
export const durableContainerPool = (namespace: DurableObjectNamespace): ContainerPool => ({
  containerNews: (name, news) =>
    (namespace.getByName(POOL_NAME) as unknown as PoolStub).containerNews(name, news),
});
