import { SandpiperError } from "./error.ts";

/** A JSON object with all of these members: enough to tell an answer of this service from a stranger's. */
export const hasMembers = (value: unknown, members: readonly string[]): value is object =>
  typeof value === "object" && value !== null && members.every((name) => name in value);

/** The value of a JSON text; undefined where it is none, such as a page of something in between. */
export const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Takes a body as what it should be, where it has that one's members. @throws SandpiperError `unexpected_answer` */
export const answerOf = <T>(text: string, members: readonly (keyof T & string)[], status: number): T => {
  const body = parsedJson(text);
  if (hasMembers(body, members)) return body as T;
  const message = "The answer does not have the form that this client knows";
  throw new SandpiperError(message, { status, code: "unexpected_answer" });
};
