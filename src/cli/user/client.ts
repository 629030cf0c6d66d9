import type { Command } from "commander";
import { type Client, createClient, SandpiperError } from "../../client/index.ts";
import { connectionOf } from "../connection.ts";
import { CommandFailed } from "../failure.ts";

/** Repeats what a passing fault refused. A refusal for longer is for the user to know. */
const RETRY = { tries: 4, maxWaitSeconds: 10 };

/** The service that a command speaks with. Events rather than sockets, which would hold the process open. */
export const clientOf = (command: Command): Client => {
  const { url, key } = connectionOf(command);
  return createClient({ baseUrl: url, WebSocket: null, retry: RETRY, ...(key === null ? {} : { key }) });
};

const textOf = ({ message, code, details, retryAfterSeconds }: SandpiperError, url: string): string => {
  if (code === "unreachable") return `${url} does not answer. Is the service up, and is --url right?`;
  const fields = details
    .filter((detail) => !message.includes(detail.message))
    .map(({ field, message: text }) => `\n  ${field}: ${text}`);
  const wait = retryAfterSeconds === null ? "" : ` Try again in ${retryAfterSeconds} s.`;
  return `${message}${wait}${fields.join("")}`;
};

/** Makes an action's refusals by the service a line for its user. */
export const told =
  <Args extends readonly unknown[]>(action: (command: Command, ...args: Args) => Promise<void>) =>
  async (...args: [...Args, unknown, Command]): Promise<void> => {
    const command = args.at(-1) as Command;
    try {
      await action(command, ...(args.slice(0, -2) as unknown as Args));
    } catch (error) {
      if (!(error instanceof SandpiperError)) throw error;
      throw new CommandFailed(textOf(error, connectionOf(command).url));
    }
  };
