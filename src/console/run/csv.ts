const FIELD = /(?:"((?:[^"]|"")*)"|([^,\r\n"]*))(,|\r?\n|$)/gy;

/** The first rows of a CSV (RFC 4180), quotes and line breaks within fields included; null where it is none. */
export const csvRows = (text: string, maxRows: number): string[][] | null => {
  const rows: string[][] = [];
  let row: string[] = [];
  FIELD.lastIndex = 0;
  while (rows.length < maxRows && FIELD.lastIndex < text.length) {
    const match = FIELD.exec(text);
    if (match === null) return null;
    const [, quoted, plain, end] = match;
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === ",") {
      if (FIELD.lastIndex < text.length) continue;
      row.push("");
    }
    rows.push(row);
    row = [];
  }
  return rows;
};
