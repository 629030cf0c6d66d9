/** The deployment's own containers, as the pool sees them. */
export type ExecutorContainers = {
  /** False where the deployment has none. */
  readonly exist: boolean;
  /** Starts a container by its name; it joins the pool with the token. Settles when it was told to. */
  start(name: string, startToken: string): Promise<void>;
};

export type ContainerNews =
  | { readonly kind: "running" | "idle" }
  /** It ended by itself, was stopped, or could not be started. */
  | { readonly kind: "exited" | "failed"; readonly reason: string };

/** The pool, as a container's object sees it. */
export type ContainerPool = {
  /** Answers whether the container's executor has joined. */
  containerNews(name: string, news: ContainerNews): Promise<boolean>;
};
