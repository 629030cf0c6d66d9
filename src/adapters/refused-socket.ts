import type { StreamMode } from "../domain/ports/job-objects.ts";
import { unknownJobFrame } from "../domain/streams/frames.ts";

const PROTOCOL = "sandpiper.v1";

/** The answer that opens a socket; who asked for typed frames is told that they come. */
export const upgraded = (client: WebSocket, mode: StreamMode): Response =>
  new Response(null, {
    status: 101,
    webSocket: client,
    headers: mode === "typed" ? { "Sec-WebSocket-Protocol": PROTOCOL } : {},
  });

/** A socket for a job that does not exist: it says so and closes. */
export const refusedSocket = (mode: StreamMode, shownId: string): Response => {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.send(unknownJobFrame(mode, shownId));
  server.close(4404, "job not found");
  return upgraded(client, mode);
};
