import { isCancel, password } from "@clack/prompts";
import { CommandFailed, Interrupted } from "../failure.ts";
import { type SecretKind, secretKinds } from "./secrets.ts";
import type { Workplace } from "./workplace.ts";

const ask = async ({ name, about }: SecretKind): Promise<string> => {
  if (!process.stdin.isTTY) {
    throw new CommandFailed(
      `The secret ${name} is needed (${about}): set it in the environment of this command.`,
    );
  }
  const answer = await password({
    message: `${name}: ${about}`,
    output: process.stderr,
    validate: (text) => (text ? undefined : "It cannot be empty."),
  });
  if (isCancel(answer)) throw new Interrupted();
  return answer;
};

/** The operator's token is written down before it counts, so that a run that is killed does not lose it. */
const forOperator = async (make: () => string, place: Workplace): Promise<string> => {
  const token = (await place.readOperatorToken()) ?? make();
  await place.writeOperatorToken(token);
  return token;
};

const secretValue = async (kind: SecretKind, place: Workplace): Promise<string> => {
  const given = process.env[kind.name];
  if (given !== undefined && given.trim() !== "") return given.trim();
  if (kind.make === undefined) return ask(kind);
  return kind.keptFor === "operator" ? forOperator(kind.make, place) : kind.make();
};

/**
 * The values of secrets: from the environment, else made here, else asked for. None is ever empty or printed.
 * @throws CommandFailed where one can only be asked for, and there is nobody to ask.
 */
export const collectSecrets = async (
  names: readonly string[],
  place: Workplace,
): Promise<Record<string, string>> => {
  const values: Record<string, string> = {};
  for (const kind of secretKinds) {
    if (names.includes(kind.name)) values[kind.name] = await secretValue(kind, place);
  }
  return values;
};
