/** What a file of trades is made from; the same options always give the same file. */
export type TradesOptions = {
  readonly count: number;
  readonly securityType: "domestic" | "foreign";
  readonly securities?: number;
};

export type Trade = {
  /** ISO day. */
  readonly date: string;
  readonly security: string;
  readonly side: "BUY" | "SELL";
  /** Decimals as text; `exchangeRate` is null for domestic securities. */
  readonly quantity: string;
  readonly price: string;
  readonly exchangeRate: string | null;
};

const FIRST_DAY_MS = Date.UTC(2021, 3, 1);
const DAYS = 5 * 365;
const DAY_MS = 86_400_000;
/** More is bought than sold, so that lots grow old and some gains become long-term ones. */
const SALES_PERCENT = 50;
const LARGEST_SALE = 300_000;

/** A small generator of numbers that only look random (mulberry32), so that a file can be made again. */
const numbersFrom = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
};

const decimal = (units: number, places: number): string =>
  `${Math.floor(units / 10 ** places)}.${String(units % 10 ** places).padStart(places, "0")}`;

/** Trades in the order of their days; nothing is sold that was not bought before. */
export const makeTrades = function* ({
  count,
  securityType,
  securities = 40,
}: TradesOptions): Generator<Trade> {
  const below = numbersFrom(20_260_331);
  /** In thousandths. */
  const held = new Array<number>(securities).fill(0);
  for (let index = 0; index < count; index += 1) {
    const number = below(securities);
    const holding = held[number] ?? 0;
    const isSale = holding > 0 && below(100) < SALES_PERCENT;
    const units = isSale ? 1 + below(Math.min(holding, LARGEST_SALE)) : 1 + below(500_000);
    held[number] = holding + (isSale ? -units : units);
    const day = Math.floor((index * DAYS) / count);
    yield {
      date: new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10),
      security: `SEC${String(number + 1).padStart(3, "0")}`,
      side: isSale ? "SELL" : "BUY",
      quantity: decimal(units, 3),
      price: decimal(10_000 + below(9_990_000), 4),
      exchangeRate: securityType === "foreign" ? decimal(700_000 + below(200_000), 4) : null,
    };
  }
};

/** The CSV that `calculator/tax-pnl/securities` takes. */
export const tradesCsv = function* (trades: Iterable<Trade>, securityType: TradesOptions["securityType"]) {
  yield `date,security,side,quantity,price${securityType === "foreign" ? ",exchange_rate" : ""}\n`;
  for (const { date, security, side, quantity, price, exchangeRate } of trades) {
    const rate = exchangeRate === null ? "" : `,${exchangeRate}`;
    yield `${date},${security},${side},${quantity},${price}${rate}\n`;
  }
};
