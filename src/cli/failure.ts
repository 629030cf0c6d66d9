/** What a command ends with. */
export const EXIT = { failed: 1, usage: 2, interrupted: 130 } as const;

/** Ends a command with one line for its user, and without a stack. */
export class CommandFailed extends Error {
  override readonly name: string = "CommandFailed";
}

/** The user ended the command. */
export class Interrupted extends CommandFailed {
  override readonly name = "Interrupted";

  constructor() {
    super("Interrupted.");
  }
}
