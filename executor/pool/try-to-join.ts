import { randomBytes } from "node:crypto";
import { POOL_CLOSE } from "../../src/wire/pool.ts";
import { connect, type JoinSettings } from "./connection.ts";

/** Joins once, says nothing and leaves: whether the service would have this executor, or why it would not. */
export const tryToJoin = (
  settings: Omit<JoinSettings, "instance">,
): Promise<{ readonly joined: true } | { readonly joined: false; readonly reason: string }> =>
  new Promise((resolve) => {
    const connection = connect(
      { ...settings, instance: randomBytes(16).toString("hex") },
      {
        onMessage: ({ type }) => {
          if (type !== "welcome") return;
          resolve({ joined: true });
          connection.close(POOL_CLOSE.left);
        },
        onEnd: (reason) => resolve({ joined: false, reason }),
      },
    );
  });
