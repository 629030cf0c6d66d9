import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { root } from "./local.ts";

const execute = promisify(execFile);

/** Runs one of the tools in node_modules, in the project's folder. @throws Error with all that it said */
export const runTool = async (name: string, args: readonly string[]): Promise<string> => {
  try {
    const { stdout } = await execute(path.join(root, "node_modules/.bin", name), args, { cwd: root });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${name} ${args.join(" ")} failed.\n${stdout}${stderr}`, { cause: error });
  }
};
