import type { TestProject } from "vitest/node";
import { OPERATOR_TOKEN } from "./keys.ts";
import { startServer } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the Sandpiper that all end-to-end tests share. */
    sandpiperUrl: string;
    /** Its state folder, from which `readRunning` tells its processes. */
    stateDir: string;
    /** What it printed until it was ready. */
    startOutput: string;
  }
}

/** One `npm start` for all end-to-end tests; a test that stops or breaks one starts its own. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  // One that runs already, such as the one in the service's image; its state folder is its own.
  const running = process.env.SANDPIPER_E2E_URL;
  if (running !== undefined) {
    project.provide("sandpiperUrl", running);
    project.provide("stateDir", "");
    project.provide("startOutput", "");
    return () => Promise.resolve();
  }
  // Tests whose clients say no address of their own share the quota of this machine.
  const server = await startServer({
    // Programs of tests mostly sleep, and several files of tests run at once.
    slots: 8,
    vars: {
      RUN_MAX_PER_HOUR: "1000",
      OPERATOR_TOKEN,
      WEBHOOK_ALLOW_LOOPBACK: "true",
      WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, "e2e").toString("base64")}`,
    },
  });
  project.provide("sandpiperUrl", server.url);
  project.provide("stateDir", server.stateDir);
  project.provide("startOutput", server.output());
  return () => server.stop();
};
