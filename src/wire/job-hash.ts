/** What the job hash covers before the entrypoint's bytes, as the client asked for it. */
export type HashedProgram = {
  readonly entrypoint: string;
  /** The language's id where the program is run in one. */
  readonly interpreter: string;
  /** As requested; "" when none was. */
  readonly environment: string;
  readonly args: readonly string[];
};

/** What the job hash covers before the entrypoint's content: each value and a bar, UTF-8. */
export const jobHashPrefix = ({ entrypoint, interpreter, environment, args }: HashedProgram): Uint8Array =>
  new TextEncoder().encode(
    [entrypoint, interpreter, environment, ...args].map((value) => `${value}|`).join(""),
  );
