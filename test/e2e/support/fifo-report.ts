import type { Trade } from "../../../scripts/lib/trades.ts";

/** Exact sums in units of 10^-11: quantities have 3 decimals, prices and rates 4 each. */
const PLACES = 11;

const units = (text: string, places: number): bigint => {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(places, "0"));
};

const plain = (value: bigint, places: number): string => {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, "0");
  const text = `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, "");
  return value < 0n ? `-${text}` : text;
};

type Lot = { readonly day: string; left: bigint; readonly price: bigint };
type Sums = { sold: bigint; proceeds: bigint; cost: bigint; short: bigint; long: bigint };

/** The same day so many months later, as text that compares like a day. */
const plusMonths = (day: string, months: number): string => {
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  const index = year * 12 + month - 1 + months;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, "0")}-${String(date).padStart(2, "0")}`;
};

const sell = (
  lots: Lot[],
  sums: Sums,
  trade: { day: string; quantity: bigint; price: bigint },
  months: number,
) => {
  let left = trade.quantity;
  while (left > 0n) {
    const lot = lots[0];
    if (lot === undefined) throw new Error("more is sold than was bought");
    const isWhole = left >= lot.left;
    const taken = isWhole ? lot.left : left;
    const gain = taken * (trade.price - lot.price);
    sums.sold += taken;
    sums.proceeds += taken * trade.price;
    sums.cost += taken * lot.price;
    if (trade.day >= plusMonths(lot.day, months)) sums.long += gain;
    else sums.short += gain;
    lot.left -= taken;
    left -= taken;
    if (isWhole) lots.shift();
  }
};

/** What the example workload must report of these trades, computed with whole numbers alone. */
export const fifoReport = (trades: Iterable<Trade>, months: number): Map<string, Record<string, string>> => {
  const books = new Map<string, { lots: Lot[]; sums: Sums }>();
  for (const trade of trades) {
    const book = books.get(trade.security) ?? {
      lots: [],
      sums: { sold: 0n, proceeds: 0n, cost: 0n, short: 0n, long: 0n },
    };
    books.set(trade.security, book);
    const quantity = units(trade.quantity, 3);
    const price = units(trade.price, 4) * units(trade.exchangeRate ?? "1", 4);
    if (trade.side === "BUY") book.lots.push({ day: trade.date, left: quantity, price });
    else sell(book.lots, book.sums, { day: trade.date, quantity, price }, months);
  }
  const entries = [...books].map(([security, { lots, sums }]) => {
    const held = lots.reduce((sum, lot) => sum + lot.left, 0n);
    const line = {
      security,
      quantity_sold: plain(sums.sold, 3),
      proceeds: plain(sums.proceeds, PLACES),
      cost: plain(sums.cost, PLACES),
      short_term_gain: plain(sums.short, PLACES),
      long_term_gain: plain(sums.long, PLACES),
      gain: plain(sums.short + sums.long, PLACES),
      quantity_held: plain(held, 3),
    };
    return [security, line] as const;
  });
  return new Map(entries.filter(([, line]) => line.quantity_sold !== "0"));
};
