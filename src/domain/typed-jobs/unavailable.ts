/** D1 or an object does not answer now; asking again later may help. Its cause goes to the log alone. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";

  constructor(what: string, cause: unknown) {
    super(`${what} does not answer`, { cause });
  }
}
