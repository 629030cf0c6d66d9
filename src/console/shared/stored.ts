/**
 * Reads what an earlier visit left. Storage may be full, turned off, or hold what an older page wrote: all
 * of that counts as nothing.
 */
export const readStored = <T>(
  storage: Storage,
  name: string,
  check: (value: unknown) => value is T,
): T | null => {
  try {
    const value: unknown = JSON.parse(storage.getItem(name) ?? "null");
    return check(value) ? value : null;
  } catch {
    return null;
  }
};

/** Stores a value; false where there is no room for it. */
export const writeStored = (storage: Storage, name: string, value: unknown): boolean => {
  try {
    storage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
};
