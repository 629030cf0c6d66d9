import path from "node:path";

/**
 * A command in front of another that the kernel kills when the process that started it is gone, so that
 * even `kill -9` leaves nothing behind.
 */
export const boundCommand = ["setpriv", "--pdeathsig", "KILL", "--"] as const;

/**
 * Makes Miniflare start the Workers runtime so bound, and out of reach of a terminal's Ctrl-C, which is
 * for this process to handle.
 */
export const bindRuntimeToThisProcess = (): void => {
  process.env.MINIFLARE_WORKERD_PATH = path.join(import.meta.dirname, "bound-workerd.sh");
};
