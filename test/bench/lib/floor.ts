import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { childNamed, cpuTimeOf } from "./processes.ts";

/** A served empty Worker, which does a run's operations of the platform and nothing else. */
export type Floor = {
  /** A request that makes two objects, a D1 row and a queue message, and two callbacks. */
  run(): Promise<void>;
  /** CPU time of its runtime so far, in ms. */
  cpuMs(): number;
  stop(): Promise<void>;
};

const ask = async (url: string, body: string): Promise<string> => {
  const answer = await fetch(url, { method: "POST", body });
  if (!answer.ok) throw new Error(`the empty Worker answered ${answer.status}`);
  return answer.text();
};

/** Serves it in a process of its own, as `npm start` serves the real one. */
export const startFloor = async (): Promise<Floor> => {
  const serving = spawn(process.execPath, [path.join(import.meta.dirname, "../floor/serve.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = await once(serving.stdout.setEncoding("utf8"), "data");
  const url = String(line).trim();
  const workerd = childNamed(serving.pid ?? 0, "workerd");
  return {
    run: async () => {
      const id = await ask(url, "");
      await ask(url + id, "started");
      await ask(url + id, "finished");
    },
    cpuMs: () => cpuTimeOf(workerd).ownMs,
    stop: async () => {
      const exited = once(serving, "exit");
      serving.stdin.end();
      await exited;
    },
  };
};
