/** What a command ends with. */
export const EXIT = { failed: 1, usage: 2, interrupted: 130 } as const;

/** Ends a command with one line for its user, and without a stack. */
export class CommandFailed extends Error {
  override readonly name: string = "CommandFailed";
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is no folder",
  EISDIR: "it is a folder",
  EEXIST: "there is something of that name already",
  ENAMETOOLONG: "the name is too long",
};

/** What the system said of a file, in words for its user; null for any other error. */
export const fileFailure = (error: unknown): CommandFailed | null => {
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || code === undefined || path === undefined) return null;
  return new CommandFailed(`${path}: ${reasons[code] ?? message}.`, { cause: error });
};

/** The user ended the command. */
export class Interrupted extends CommandFailed {
  override readonly name = "Interrupted";

  constructor() {
    super("Interrupted.");
  }
}

/** What a system call or a bug was told, in one line. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
