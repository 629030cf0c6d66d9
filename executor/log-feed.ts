import type { LogStream } from "../src/wire/vocabulary.ts";
import { noteWork } from "./loop-watch.ts";
import type { Reporter } from "./reporter.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";

export interface LogFeed {
  take(stream: LogStream, chunk: Buffer): void;
  /** Reads on after the reporter was full; also lets the streams of a dead program run dry. */
  resume(): void;
  /** What is left of a character that never came to its end. */
  flush(): void;
}

const newDecoder = () => new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Streams a sandbox's output into the reporter as text, invalid bytes replaced, and stops reading while the
 * reporter is full: the program then waits in its own `write`.
 */
export const createLogFeed = (reporter: Reporter, sandbox: Sandbox): LogFeed => {
  const decoders = { stdout: newDecoder(), stderr: newDecoder() };
  const put = (stream: LogStream, text: string): void => {
    if (text !== "") reporter.log(stream, text, Date.now());
  };
  return {
    take: (stream, chunk) => {
      noteWork("reading a program's output");
      put(stream, decoders[stream].decode(chunk, { stream: true }));
      if (!reporter.isFull()) return;
      sandbox.stdout.pause();
      sandbox.stderr.pause();
    },
    resume: () => {
      sandbox.stdout.resume();
      sandbox.stderr.resume();
    },
    flush: () => {
      put("stdout", decoders.stdout.decode());
      put("stderr", decoders.stderr.decode());
    },
  };
};
