import { z } from "zod";
import type { Connection } from "./connection.ts";
import { CommandFailed } from "./failure.ts";

export type ServiceCall = {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Starts with a slash and is percent-encoded. */
  readonly path: string;
  readonly body?: unknown;
};

/** Every face names its reason in one of these. */
const refusal = z.object({
  error: z.string().optional(),
  message: z.string().optional(),
  detail: z.string().optional(),
});

const reasonIn = (text: string): string | null => {
  try {
    const { error, message, detail } = refusal.parse(JSON.parse(text));
    return error ?? message ?? detail ?? null;
  } catch {
    // A page of something between us and the service; its status tells what there is to tell.
    return null;
  }
};

const send = async (url: string, call: ServiceCall, credential: string | null): Promise<Response> => {
  const headers: Record<string, string> = { accept: "application/json" };
  if (credential !== null) headers.authorization = `Bearer ${credential}`;
  if (call.body !== undefined) headers["content-type"] = "application/json";
  try {
    return await fetch(`${url}${call.path}`, {
      method: call.method ?? "GET",
      headers,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
  } catch {
    throw new CommandFailed(`${url} does not answer. Is the service up, and is --url right?`);
  }
};

const answered = async (url: string, call: ServiceCall, credential: string | null): Promise<string> => {
  const response = await send(url, call, credential);
  const text = await response.text();
  if (response.ok) return text;
  throw new CommandFailed(`${reasonIn(text) ?? `${url} answered`} (${response.status})`);
};

const parsed = <T>(text: string, schema: z.ZodType<T>): T => {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new CommandFailed("The answer does not have the form that this version knows.");
  }
};

/** Calls as the holder of the connection's key, or as a stranger without one. @throws CommandFailed */
export const callService = async <T>(
  { url, key }: Connection,
  call: ServiceCall,
  schema: z.ZodType<T>,
): Promise<T> => parsed(await answered(url, call, key), schema);

const operatorToken = ({ token }: Connection): string => {
  if (token !== null) return token;
  throw new CommandFailed("This needs the operator's token: set SANDPIPER_OPERATOR_TOKEN, or pass --token.");
};

/** Calls as the operator. @throws CommandFailed, also where the connection has no token. */
export const callOperator = async <T>(
  connection: Connection,
  call: ServiceCall,
  schema: z.ZodType<T>,
): Promise<T> => parsed(await answered(connection.url, call, operatorToken(connection)), schema);

/** The text of an answer to the operator, such as the metrics. @throws CommandFailed as `callOperator`. */
export const readAsOperator = (connection: Connection, path: string): Promise<string> =>
  answered(connection.url, { path }, operatorToken(connection));
