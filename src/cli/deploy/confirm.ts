import { confirm, isCancel, text } from "@clack/prompts";
import { CommandFailed, Interrupted } from "../failure.ts";

const needsAnswer = (flag: string): void => {
  if (!process.stdin.isTTY) throw new CommandFailed(`Nobody is there to confirm: pass ${flag}.`);
};

/** @throws CommandFailed where nobody can answer, or the answer is no. */
export const confirmPlan = async (message: string): Promise<void> => {
  needsAnswer("--yes");
  const answer = await confirm({ message, output: process.stderr });
  if (isCancel(answer) || !answer) throw new Interrupted();
};

/** @throws CommandFailed unless the name is given exactly. */
export const confirmName = async (name: string, given: string | undefined): Promise<void> => {
  if (given === undefined) {
    needsAnswer(`--yes ${name}`);
    const answer = await text({ message: `Type ${name} to delete it`, output: process.stderr });
    if (isCancel(answer)) throw new Interrupted();
    return confirmName(name, answer);
  }
  if (given !== name) throw new CommandFailed(`Nothing was deleted: the name is ${name}, not ${given}.`);
};
