import { once } from "node:events";
import { makeTrades, tradesCsv } from "./lib/trades.ts";
import { optionsOf } from "./lib/usage.ts";

const usage = "Usage: node scripts/make-trades.ts [--count N] [--foreign] > trades.csv";
const values = optionsOf(usage, {
  count: { type: "string", default: "100000" },
  foreign: { type: "boolean", default: false },
});

const count = Number(values.count);
if (!Number.isInteger(count) || count < 1) {
  process.stderr.write(`--count takes a whole number above 0.\n${usage}\n`);
  process.exit(2);
}

const securityType = values.foreign ? "foreign" : "domestic";
for (const line of tradesCsv(makeTrades({ count, securityType }), securityType)) {
  if (!process.stdout.write(line)) await once(process.stdout, "drain");
}
