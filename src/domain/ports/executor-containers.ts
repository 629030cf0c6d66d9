/** The deployment's own containers, as the pool sees them. */
export type ExecutorContainers = {
  /** False where the deployment has none. */
  readonly exist: boolean;
  /** Starts a container by its name; it joins the pool with the token. Settles when it was told to. */
  start(name: string, startToken: string): Promise<void>;
};

/** How a container ended: by itself or stopped, or because it could not be started. */
export type ContainerEnd = { readonly kind: "exited" | "failed"; readonly reason: string };

/** The pool, as a container's object sees it. */
export type ContainerPool = {
  /** Whether the container's executor has joined. */
  containerHasJoined(name: string): Promise<boolean>;
  containerEnded(name: string, end: ContainerEnd): Promise<void>;
};
