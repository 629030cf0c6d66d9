import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import path from "node:path";
import { type Command, Option } from "commander";
import { CommandFailed } from "../failure.ts";
import { printAnswer } from "../output.ts";
import { say } from "./context.ts";
import { projectRoot } from "./project.ts";

const docker = async (args: readonly string[], dockerfile: string | null): Promise<void> => {
  const child = spawn(process.env.WRANGLER_DOCKER_BIN ?? "docker", args, {
    cwd: projectRoot,
    // The engine's progress is for people; standard output is the answer's.
    stdio: [dockerfile === null ? "ignore" : "pipe", process.stderr, process.stderr],
  });
  if (dockerfile !== null && child.stdin !== null) createReadStream(dockerfile).pipe(child.stdin);
  const [code] = await once(child, "close").catch((error: Error) => {
    throw new CommandFailed(`The engine does not start: ${error.message}`);
  });
  if (code !== 0) throw new CommandFailed(`docker ${args[0]} failed; its own words are above.`);
};

type Flags = {
  readonly tag: string;
  readonly push?: boolean;
  readonly environments?: string;
  readonly languages?: string;
};

const build = async (command: Command): Promise<void> => {
  const { tag, push, environments, languages } = command.opts<Flags>();
  say(`Building ${tag}`);
  const chosen = Object.entries({ ENVIRONMENTS: environments, LANGUAGES: languages });
  const args = chosen.flatMap(([name, value]) =>
    value === undefined ? [] : ["--build-arg", `${name}=${value}`],
  );
  // As wrangler does it: the repository is the context, the Dockerfile comes by standard input.
  await docker(
    ["build", "-t", tag, "--platform", "linux/amd64", ...args, "-f", "-", projectRoot],
    path.join(projectRoot, "executor/Dockerfile"),
  );
  if (push === true) await docker(["push", tag], null);
  printAnswer(
    command,
    { tag, pushed: push === true },
    () => `${tag} is built${push === true ? " and pushed" : ""}.`,
  );
};

export const addImage = (program: Command): void => {
  const image = program
    .command("image")
    .description("The executor's image, for registries other than the platform's");
  image
    .command("build")
    .description("Builds the image as a deploy would")
    .option("-t, --tag <name>", "its name", "sandpiper-executor:latest")
    .option("--push", "push it to its registry")
    .addOption(new Option("--environments <names>", "which environments go in; empty for none"))
    .addOption(new Option("--languages <names>", "which sets or languages go in; empty for the system's own"))
    .action((_options, command: Command) => build(command));
};
