/** What a command ends with; commander itself ends with 1 where the command line cannot be read. */
export const EXIT = { failed: 1 } as const;

/** Ends a command with one line for its user, and without a stack. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}
