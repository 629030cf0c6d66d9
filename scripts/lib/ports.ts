import { createServer } from "node:net";
import { host } from "./local.ts";

const listen = (port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : null));
    });
  });

/** Whether a loopback port can be listened on right now. */
export const isPortFree = async (port: number): Promise<boolean> => (await listen(port)) !== null;

/** A loopback port that nothing listens on. */
export const freePort = async (): Promise<number> => {
  const port = await listen(0);
  if (port === null) throw new Error(`No free port on ${host}.`);
  return port;
};
