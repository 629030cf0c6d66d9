import { describe, expect, it } from "vitest";
import { STATUS_OF } from "../../../src/http/kit/refusal.ts";
import { CLOSE as PISTON_CLOSE } from "../../../src/http/piston/session.ts";
import { INTERACTIVE_CLOSE } from "../../../src/wire/interactive.ts";
import { casesStoppedBy, compileStatus, jobVerdict } from "../../../src/wire/judging.ts";
import { SOCKET_CLOSE } from "../../../src/wire/log-socket.ts";
import { joinRefused, POOL_CLOSE } from "../../../src/wire/pool.ts";
import { dropReason, reportRefused } from "../../../src/wire/report.ts";
import { terminationReason } from "../../../src/wire/vocabulary.ts";
import { webhookError } from "../../../src/wire/webhook-delivery.ts";
import { codeIn, namesIn, tableRows } from "./support/page-tables.ts";

const page = "docs/errors.md";

const closeCodes = [
  ...Object.values({ ...SOCKET_CLOSE, ...INTERACTIVE_CLOSE }),
  ...Object.values(POOL_CLOSE),
  ...Object.values(PISTON_CLOSE).map(([code]) => code),
].map(String);

/** Each table of the page by its first heading, and all that the source can put there. */
const lists: Readonly<Record<string, readonly string[]>> = {
  Code: Object.keys(STATUS_OF),
  Reason: [...terminationReason.options, "expired"],
  Verdict: jobVerdict.options,
  Compiled: compileStatus.options,
  "Stopped by": casesStoppedBy.options,
  Dropped: dropReason.options,
  "Last error": webhookError.options,
  "Close code": closeCodes,
  Refusal: [...reportRefused.shape.error.shape.code.options, ...joinRefused.shape.error.shape.code.options],
};

describe("the page of errors", () => {
  it.each(Object.entries(lists))("lists under %s every code there is, and no other", (heading, codes) => {
    const rows = tableRows(page, heading);
    expect(namesIn(rows)).toEqual([...new Set(codes)].sort());
    for (const row of rows) expect(row.at(-1)?.length).toBeGreaterThan(5);
  });

  it("gives each refusal the status that it has", () => {
    const statuses = tableRows(page, "Code").map(([code, status]) => [codeIn(code), Number(status)]);
    expect(Object.fromEntries(statuses)).toEqual(STATUS_OF);
  });
});
