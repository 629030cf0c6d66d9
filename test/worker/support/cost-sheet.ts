/** List prices in dollars a million, November 2026. */
const PRICES = {
  workerRequest: 0.3,
  workerCpuMs: 0.02,
  objectRequest: 0.15,
  objectGbSecond: 12.5,
  rowWritten: 1,
  queueOperation: 0.4,
} as const;

const GB_OF_OBJECT = 0.125;

/** What one run was counted to use. */
export type Used = {
  readonly workerRequests: number;
  /** More than was seen in profiles, since a deployment's processor is not this one. */
  readonly workerCpuMs: number;
  readonly objectRequests: number;
  /** How long its objects are in memory for it, all together. */
  readonly objectSeconds: number;
  readonly objectRows: number;
  readonly databaseRows: number;
  readonly queueOperations: number;
};

type Line = readonly [what: string, count: number, price: number];

const linesOf = (used: Used): readonly Line[] => [
  ["requests of the Worker, its queue's consumer included", used.workerRequests, PRICES.workerRequest],
  ["ms of the Worker's CPU", used.workerCpuMs, PRICES.workerCpuMs],
  ["requests of objects, the deleting alarm included", used.objectRequests, PRICES.objectRequest],
  ["GB-s of objects", used.objectSeconds * GB_OF_OBJECT, PRICES.objectGbSecond],
  ["rows written by objects, alarms included", used.objectRows, PRICES.rowWritten],
  ["rows written in D1, the deletion included", used.databaseRows, PRICES.rowWritten],
  ["operations of the queue", used.queueOperations, PRICES.queueOperation],
];

/** Dollars for a million runs. */
export const dollarsAMillion = (used: Used): number =>
  linesOf(used).reduce((sum, [, count, price]) => sum + count * price, 0);

/** The rows of the table in docs/costs.md. */
export const sheetOf = (used: Used): string[] => [
  ...linesOf(used).map(
    ([what, count, price]) =>
      `| ${what} | ${count} | $${price.toFixed(2)} | $${(count * price).toFixed(2)} |`,
  ),
  `| together | | | $${dollarsAMillion(used).toFixed(2)} |`,
];
