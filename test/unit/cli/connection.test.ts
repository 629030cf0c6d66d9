import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { connectionFrom } from "../../../src/cli/connection.ts";
import { tableOf } from "../../../src/cli/output.ts";

const folder = mkdtempSync(path.join(tmpdir(), "sandpiper-cli-"));
const file = path.join(folder, "config.json");
afterAll(() => rmSync(folder, { recursive: true }));

const none = { SANDPIPER_CONFIG: path.join(folder, "missing.json") };

describe("a command's connection", () => {
  it("is the local service, called by a stranger, where nothing is said", () => {
    expect(connectionFrom({}, none)).toEqual({ url: "http://127.0.0.1:8787", key: null, token: null });
  });

  it("takes each part from the flag, else the environment, else the file", () => {
    writeFileSync(file, JSON.stringify({ url: "https://file.example/", key: "spk_file", token: "file" }));
    const environment = { SANDPIPER_CONFIG: file, SANDPIPER_KEY: "spk_env", SANDPIPER_OPERATOR_TOKEN: "env" };
    expect(connectionFrom({ token: "flag" }, environment)).toEqual({
      url: "https://file.example",
      key: "spk_env",
      token: "flag",
    });
  });

  it("names a file or an address that cannot be used, and shows nothing of the file", () => {
    writeFileSync(file, '{"tokn": "secret"}');
    expect(() => connectionFrom({}, { SANDPIPER_CONFIG: file })).toThrow(file);
    expect(() => connectionFrom({}, { SANDPIPER_CONFIG: file })).not.toThrow("secret");
    expect(() => connectionFrom({ url: "localhost:8787" }, none)).toThrow("localhost:8787");
  });
});

describe("a table", () => {
  it("gives each column the width of its widest cell, and terminals nothing to obey", () => {
    const rows = [
      { name: "a\u001b[2J", count: 10 as number | null },
      { name: "longer", count: null },
    ];
    const columns = [
      { title: "NAME", of: (row: (typeof rows)[number]) => row.name },
      { title: "COUNT", of: (row: (typeof rows)[number]) => row.count },
    ];
    expect(tableOf(rows, columns)).toBe("NAME    COUNT\na?[2J   10\nlonger  -");
    expect(tableOf([], columns)).toBe("None.");
  });
});
