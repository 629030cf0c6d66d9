const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?([Zz]|[+-]\d{2}(?::?\d{2})?)?)?$/;

const offsetMinutes = (text: string | undefined): number | null => {
  if (text === undefined || text === "Z" || text === "z") return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(3).replace(":", "") || "0");
  if (hours > 23 || minutes > 59) return null;
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
};

/**
 * The second that an ISO-8601 text names, as epoch seconds, its fraction dropped; null when it names none. A text without an
 * offset is UTC, a date alone is its midnight.
 */
export const instantSeconds = (text: string): number | null => {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const offset = offsetMinutes(match[7]);
  if (offset === null || hour > 23 || minute > 59 || second > 59) return null;
  // Date.UTC takes the years 0 to 99 for those of the last century.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isCalendarDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isCalendarDay || year === 0) return null;
  return date.getTime() / 1_000 + hour * 3_600 + minute * 60 + second - offset * 60;
};
