/** The value below which that share of the samples lies; NaN without samples. */
export const quantile = (samples: readonly number[], share: number): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** Milliseconds, short enough for a table. */
export const ms = (value: number): string => value.toFixed(1);

/** `median / p95` of milliseconds. */
export const spread = (samples: readonly number[]): string =>
  `${ms(median(samples))} / ${ms(quantile(samples, 0.95))}`;

/** Rows under a heading, in columns; all but the first are flush right. */
export const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string => {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const laidOut = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return laidOut.join("\n");
};
