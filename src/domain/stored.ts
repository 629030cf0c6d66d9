/** Something is stored in a form that only a later version of the service knows; it is left as it is. */
export class NewerSchema extends Error {
  constructor(what: string, found: unknown, known: number) {
    super(
      `${what} is stored in schema ${String(found)}, and this version knows ${known} at most: deploy a later one`,
    );
    this.name = "NewerSchema";
  }
}

/** How a kind of thing is stored: stamped with its form, which `read` brings to the present one. */
export type Schema<T> = {
  readonly present: number;
  stamp(value: T): T & { readonly schema: number };
  /** @throws NewerSchema */
  read(stored: object): T;
};

/** Brings a stored thing from one schema to the next. */
type Upgrade = (older: never) => object;

/**
 * The schemas of what is stored as `what`: one, and one more for each upgrade, which leads from the one before. What
 * bears no stamp is of the first. A form that an earlier version would misread needs an upgrade; a new member that it
 * may leave out needs none.
 */
export const schemaOf = <T extends object>(what: string, upgrades: readonly Upgrade[] = []): Schema<T> => {
  const present = upgrades.length + 1;
  return {
    present,
    stamp: (value) => ({ ...value, schema: present }),
    read: (stored) => {
      const { schema = 1, ...value } = stored as { readonly schema?: unknown };
      const isKnown = Number.isInteger(schema) && Number(schema) >= 1 && Number(schema) <= present;
      if (!isKnown) throw new NewerSchema(what, schema, present);
      const later = upgrades.slice(Number(schema) - 1);
      return later.reduce<object>((older, upgrade) => upgrade(older as never), value) as T;
    },
  };
};

/** Checks the stamp of what needs no upgrade, such as a row, whose columns have defaults. @throws NewerSchema */
export const checkSchema = (what: string, schema: number, present: number): void => {
  if (schema > present) throw new NewerSchema(what, schema, present);
};
