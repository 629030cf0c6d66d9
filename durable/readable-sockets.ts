import { NewerSchema } from "../src/domain/stored.ts";

/** Tells whoever holds the socket to come again (RFC 6455's registry: service restart). */
const COME_AGAIN = 1012;

/**
 * Closes the sockets whose attachment only a later version of the service can read, as an object wakes: one of them
 * must not keep the object from its others.
 */
export const closeUnreadable = (
  sockets: readonly WebSocket[],
  read: (socket: WebSocket) => unknown,
): void => {
  for (const socket of sockets) {
    try {
      read(socket);
    } catch (error) {
      if (!(error instanceof NewerSchema)) throw error;
      socket.close(COME_AGAIN, "the service was changed; open the socket again");
    }
  }
};
