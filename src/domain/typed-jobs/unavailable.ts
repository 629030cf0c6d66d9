/** D1 or an object does not answer now; asking again later may help. Its cause goes to the log alone. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";

  constructor(what: string, cause: unknown) {
    super(`${what} does not answer`, { cause });
  }
}

/** The database lacks a table or a column: asking again does not help, the owner's migrations do. */
export class NotMigrated extends Error {
  override readonly name = "NotMigrated";

  constructor(cause: unknown) {
    super(
      "The database lacks a table or column of typed jobs: apply the migrations (wrangler d1 migrations apply DB)",
      {
        cause,
      },
    );
  }
}
