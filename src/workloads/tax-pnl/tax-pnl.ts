import { z } from "zod";
import { defineWorkload } from "../../domain/workloads/define.ts";
import source from "./tax_pnl.py";

const MIB = 1_048_576;

/** An example of a sandboxed program: a report on share trades, which docs/workloads.md walks through. */
export const taxPnl = defineWorkload({
  path: "calculator/tax-pnl/securities",
  entity: "in.co.example",
  summary: "Realised profit and loss of share trades by FIFO lots",
  description:
    "Upload a CSV `date,security,side,quantity,price` with a line for each trade; for foreign securities " +
    "with a sixth column `exchange_rate` into the home currency. Gains are long-term after 12 months of " +
    "holding, for foreign securities after 24. Amounts are exact decimals. Lines that cannot be used fail " +
    "the job, and `log_tail` names them by their number.",
  params: z.strictObject({ security_type: z.enum(["domestic", "foreign"]) }),
  inputs: {
    "trades.csv": {
      // The last two are what Windows calls a CSV, and what a client sends that does not care.
      contentTypes: ["text/csv", "text/plain", "application/vnd.ms-excel", "application/octet-stream"],
      maxBytes: 100 * MIB,
      description: "The trades as CSV in UTF-8.",
    },
  },
  outputs: {
    "report.csv": { contentType: "text/csv", description: "A line for each security that was sold." },
    "report.json": { contentType: "application/json", description: "The same with totals." },
  },
  process: {
    kind: "program",
    interpreter: "python3",
    entrypoint: "tax_pnl.py",
    files: { "tax_pnl.py": source },
    limits: { timeoutSeconds: 600, cpuSeconds: 300, memoryMb: 2_048 },
  },
});
