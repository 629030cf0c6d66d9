#!/usr/bin/env node
import { CommanderError } from "commander";
import { stopWrangler } from "./deploy/wrangler.ts";
import { CommandFailed, EXIT, fileFailure, Interrupted } from "./failure.ts";
import { createProgram } from "./program.ts";

// A reader that has seen enough, such as head, closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? process.exitCode : EXIT.failed);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stopWrangler();
    process.stderr.write("Interrupted. Run the same command again to go on.\n");
    process.exit(EXIT.interrupted);
  });
}

const exitCodeOf = (error: unknown): number => {
  // Help and version end with 0; anything else that commander ends is a command line that it cannot read.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
  const failure = error instanceof CommandFailed ? error : fileFailure(error);
  if (failure === null) throw error;
  process.stderr.write(`${failure.message}\n`);
  return failure instanceof Interrupted ? EXIT.interrupted : EXIT.failed;
};

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
