const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formats.set(zone, format);
  return format;
};

/** Whether the platform knows the time zone (an IANA name). */
export const isTimeZone = (zone: string): boolean => {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
};

const two = (count: number): string => String(count).padStart(2, "0");

/** An instant as the face shows it: whole seconds with a numeric offset, such as `+09:00`. */
export const zonedDatetime = (instantMs: number, zone: string): string => {
  const wholeMs = Math.floor(instantMs / 1_000) * 1_000;
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(wholeMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const offset = Math.round((localMs - wholeMs) / 60_000);
  const sign = offset < 0 ? "-" : "+";
  const absolute = Math.abs(offset);
  const date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}${sign}${two(Math.floor(absolute / 60))}:${two(absolute % 60)}`;
};
