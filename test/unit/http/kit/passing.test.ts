import { describe, expect, it } from "vitest";
import { Unavailable } from "../../../../src/domain/typed-jobs/unavailable.ts";
import { isPassing } from "../../../../src/http/kit/passing.ts";

const marked = (marks: Record<string, boolean>): Error => Object.assign(new Error("x"), marks);

describe("an error of the platform's storage", () => {
  it.each([
    "database or disk is full: SQLITE_FULL",
    "disk I/O error: SQLITE_IOERR_WRITE",
    "internal error; reference = t00l8iddkf5e1nkvb2rutfnc",
    "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
    "D1_ERROR: Network connection lost.",
    "D1 DB storage operation exceeded timeout which caused object to be reset.",
    "Durable Object storage operation exceeded timeout which caused object to be reset.",
    "Durable Object is overloaded. Too many requests queued.",
    "The Durable Object's code has been updated, this version can no longer access storage: it was reset",
    "Cannot resolve Durable Object due to transient issue on remote node.",
    "put: We encountered an internal error. Please try again. (10001)",
    "get: Service unavailable (10043)",
  ])("may pass: %s", (message) => {
    expect(isPassing(new Error(message))).toBe(true);
  });

  it("may pass where the platform marks it so, and where it is the cause of another", () => {
    for (const mark of ["retryable", "overloaded", "durableObjectReset"]) {
      expect(isPassing(marked({ [mark]: true }))).toBe(true);
      expect(isPassing(marked({ [mark]: false }))).toBe(false);
    }
    expect(isPassing(new Unavailable("D1", new Error("x")))).toBe(true);
    const cause = new Error("database or disk is full: SQLITE_FULL");
    expect(isPassing(new Error("the job was not made", { cause }))).toBe(true);
  });

  it.each([
    "D1_ERROR: no such table: jobs: SQLITE_ERROR",
    'D1_ERROR: near "FRM": syntax error at offset 9: SQLITE_ERROR',
    "D1_ERROR: UNIQUE constraint failed: api_keys.id: SQLITE_CONSTRAINT",
    "string or blob too big: SQLITE_TOOBIG",
    "get: The specified key does not exist. (10007)",
    "The entrypoint is not among the entries",
    "Cannot read properties of undefined (reading 'reset')",
  ])("does not pass: %s", (message) => {
    expect(isPassing(new Error(message))).toBe(false);
  });

  it("is no other value, and no endless chain", () => {
    for (const value of [null, undefined, "D1_ERROR", 5, {}]) expect(isPassing(value)).toBe(false);
    const loop = new Error("x");
    loop.cause = loop;
    expect(isPassing(loop)).toBe(false);
  });
});
