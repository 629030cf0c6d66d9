import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { rawFetch } from "./support/client.ts";
import { eventually, expectFits, findings, launchBrowser, typeProgram, visit } from "./support/console.ts";
import { marker, processesWith } from "./support/processes.ts";

const MAKER = `
import json, sys, zlib, struct
print("\\x1b[31mred\\x1b[0m <b>plain</b>")
for n in range(3): print(f"\\r{n * 50} %", end="", file=sys.stderr)
print(file=sys.stderr)
print(sys.stdin.read(), sys.argv[1:])
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
rows = zlib.compress(b"".join(b"\\0" + b"\\xff\\x00\\x00" * 4 for _ in range(4)))
png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0))
open("plot.png", "wb").write(png + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
open("table.csv", "w").write('name,note\\n"a, b","say ""hi"""\\nc,\\n')
open("data.json", "w").write(json.dumps({"a": [1, 2]}))
open("evil.html", "w").write("<script>window.evil = 1</script>")
open("evil.svg", "w").write('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>top.evil = 1</script></svg>')
`;

const SLOW = (mark: string): string => `
import time
for n in range(200):
    print("tick", n, flush=True)
    time.sleep(0.1)
# ${mark}
`;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);
afterAll(() => browser.close(), 60_000);

describe("the console's run page", () => {
  test("runs a program: its output as on a terminal, and what it made", async () => {
    const { open, problems, origins } = await visit(browser);
    const page = await open();
    await typeProgram(page, MAKER);
    await page.getByLabel("stdin", { exact: true }).fill("typed");
    await page.getByLabel("Arguments").fill("one 'two words'");
    await page.locator(".cm-content").press("Control+Enter");
    await page.getByText("Completed", { exact: true }).waitFor();
    const lines = await page.locator(".log-line").allInnerTexts();
    expect(lines.map((text) => text.trim())).toEqual(
      expect.arrayContaining(["red <b>plain</b>", "100 %", "typed ['one', 'two words']"]),
    );
    expect(await page.locator(".log-line.stderr").allInnerTexts()).toHaveLength(1);
    expect(await page.locator(".ansi-red-fg").textContent()).toBe("red");
    await page.getByRole("button", { name: "stderr" }).click();
    expect(await page.locator(".log-line.stdout").first().isVisible()).toBe(false);
    await page.getByRole("button", { name: "Both" }).click();

    const show = async (name: string) => {
      const button = page.getByRole("button", { name, exact: true });
      if ((await button.getAttribute("aria-expanded")) === "false") await button.click();
      return page.getByRole("region", { name: `Content of ${name}` });
    };
    const image = (await show("plot.png")).locator("img");
    await image.waitFor();
    await eventually(() => image.evaluate((one) => (one as { naturalWidth?: number }).naturalWidth)).toBe(4);
    const cells = (await show("table.csv")).locator("td");
    await eventually(() => cells.allInnerTexts()).toEqual(["a, b", 'say "hi"', "c", ""]);
    await eventually(async () => (await show("data.json")).textContent()).toContain('"a": [\n    1,');
    await eventually(async () => (await show("evil.html")).textContent()).toContain("<script>window.evil");
    await (await show("evil.svg")).locator("img").waitFor();
    expect(await page.evaluate("window.evil ?? null")).toBeNull();
    expect(await findings(page)).toEqual([]);

    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download table.csv" }).click();
    expect((await download).suggestedFilename()).toBe("table.csv");
    expect([...origins]).toEqual([inject("sandpiperUrl")]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test("goes on with the run after a reload, shows it in another tab, and stops it", async () => {
    const { open, problems } = await visit(browser);
    const mark = marker();
    const page = await open();
    await typeProgram(page, SLOW(mark));
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("tick 3", { exact: true }).waitFor();
    expect(page.url()).toMatch(/#\/run\/job-[0-9a-f]{32}$/);
    const state = page.getByRole("region", { name: "State of the run" });
    await state.getByText("CPU").waitFor();
    await state.getByText(/^[\d.]+ MB$/).waitFor();
    await page.reload();
    await page.getByText("tick 8", { exact: true }).waitFor();
    const ticks = await page.locator(".log-line").allInnerTexts();
    expect(ticks.slice(0, 5).map((text) => text.trim())).toEqual([0, 1, 2, 3, 4].map((n) => `tick ${n}`));
    expect(await page.locator(".cm-content").textContent()).toContain(mark);

    const other = await open(new URL(page.url()).hash);
    await other.getByText("tick 8", { exact: true }).waitFor();
    expect(await other.getByRole("button", { name: "Run", exact: true }).isDisabled()).toBe(true);
    await other.getByRole("button", { name: "Stop" }).click();
    await Promise.all(
      [page, other].map((one) => one.getByText("Failed, stopped", { exact: true }).waitFor()),
    );
    expect(processesWith(mark)).toBe(0);
    await other.getByText("Recent runs").click();
    await other.getByRole("link", { name: "main.py" }).waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test("loses no line while the connection is lost", async () => {
    const { context, open } = await visit(browser);
    const page = await open();
    await typeProgram(page, SLOW("line"));
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("tick 2", { exact: true }).waitFor();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    const slow = { latency: 100, downloadThroughput: 20_000, uploadThroughput: 20_000 };
    await devtools.send("Network.emulateNetworkConditions", { offline: true, ...slow });
    await page.waitForTimeout(500);
    await devtools.send("Network.emulateNetworkConditions", { offline: false, ...slow });
    await page.getByText("tick 20", { exact: true }).waitFor();
    const ticks = (await page.locator(".log-line").allInnerTexts()).slice(0, 21);
    expect(ticks.map((text) => text.trim())).toEqual(Array.from({ length: 21 }, (_, n) => `tick ${n}`));
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Failed, stopped", { exact: true }).waitFor();
    await context.close();
  });

  test("takes a project of files, keeps it over a reload, and says how others ask for the same", async () => {
    const { open, problems } = await visit(browser);
    const page = await open();
    const files = [
      {
        name: "main.py",
        mimeType: "text/x-python",
        buffer: Buffer.from("import lib\nprint(lib.answer())\n"),
      },
      { name: "raw.bin", mimeType: "application/octet-stream", buffer: Buffer.from([0, 1, 2, 255]) },
    ];
    await page.getByLabel("Add files").last().setInputFiles(files);
    await page.getByRole("tab", { name: "raw.bin" }).click();
    await page.getByText("4 B, sent as it is").waitFor();
    await page.getByRole("button", { name: "New" }).click();
    await page.getByLabel("Name", { exact: true }).fill("lib.py");
    await page.getByLabel("Name", { exact: true }).press("Enter");
    await typeProgram(page, "def answer():\n    return open('raw.bin', 'rb').read()\n");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("Completed", { exact: true }).waitFor();
    await page.getByText("b'\\x00\\x01\\x02\\xff'").waitFor();

    await page.getByText("Copy as").click();
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(copied).toContain(`-F 'files=@"lib.py";filename="lib.py"'`);

    await page.getByRole("tab", { name: "main.py" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForTimeout(400);
    await page.reload();
    expect(await page.getByRole("tab").allInnerTexts()).toEqual(["main.py", "lib.py"]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test("judges a program by cases in the language that is chosen", async () => {
    const { open, problems } = await visit(browser);
    const page = await open();
    await page.getByLabel("Language").selectOption("javascript");
    await page.getByRole("tab", { name: "index.js" }).waitFor();
    await typeProgram(page, 'console.log(Number(require("fs").readFileSync(0, "utf8")) * 2);');
    await page.getByText("Cases", { exact: true }).click();
    for (const [at, [stdin, expected]] of [
      ["2", "4"],
      ["3", "7"],
    ].entries()) {
      await page.getByRole("button", { name: "Add a case" }).click();
      await page.getByLabel(`stdin of case ${at + 1}`).fill(stdin ?? "");
      await page.getByLabel(`Expected output of case ${at + 1}`).fill(expected ?? "");
    }
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const status = page.getByRole("region", { name: "State of the run" });
    await status.getByText("Wrong answer", { exact: true }).waitFor();
    const results = page.getByRole("region", { name: "Cases" });
    await results.getByText("1 of 2 accepted").waitFor();
    await results.getByText("Wrong answer").click();
    await results.getByText("6", { exact: true }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.reload();
    await results.getByText("1 of 2 accepted").waitFor();
    await page.getByText("Cases (2)").waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test("says what is wrong in the service's words", async () => {
    const { open } = await visit(browser);
    const page = await open();
    await page.getByText("Limits", { exact: true }).click();
    await page.getByLabel("Entrypoint").fill("../up.py");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("alert").getByText("entrypoint").waitFor();
    await page.context().close();
  });

  test("counts down to the next run", async () => {
    const { open } = await visit(browser);
    const page = await open();
    await typeProgram(page, "import time; time.sleep(100)");
    for (let n = 0; n < 2; n += 1) {
      const tab = await page.context().newPage();
      await tab.goto(`${inject("sandpiperUrl")}/`);
      await typeProgram(tab, "import time; time.sleep(100)");
      await tab.getByRole("button", { name: "Run", exact: true }).click();
      await tab.getByText(/^(Waiting|Running)/).waitFor();
    }
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const countdown = page.getByRole("timer");
    await countdown.waitFor();
    const seconds = async (): Promise<number> =>
      Number(/\d+/.exec((await countdown.textContent()) ?? "")?.[0]);
    const first = await seconds();
    expect(await page.getByRole("button", { name: "Run", exact: true }).isDisabled()).toBe(true);
    await eventually(seconds).toBeLessThan(first);
    for (const tab of page.context().pages()) {
      const stop = tab.getByRole("button", { name: "Stop" });
      if (await stop.isEnabled()) await stop.click();
    }
    await page.context().close();
  });

  test("runs as the holder of a key, and says when the service knows none such", async () => {
    const { open } = await visit(browser);
    const page = await open();
    const sent = new Set<string>();
    page.on("request", (request) => sent.add(request.headers().authorization ?? ""));
    await page.getByText("Sign in").click();
    await page.getByLabel("Key or password").fill("spk_nobody");
    await page.getByRole("button", { name: "Use" }).click();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("alert").waitFor();
    expect([...sent]).toContain("Bearer spk_nobody");
    await page.getByRole("button", { name: "Forget", exact: true }).click();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("Completed", { exact: true }).waitFor();
    await page.context().close();
  });

  test("works at 360 pixels, in the dark, by keyboard alone", async () => {
    const { open, problems } = await visit(browser, { width: 360, colorScheme: "dark" });
    const page = await open();
    await page.locator(".cm-content").waitFor();
    await expectFits(page);
    expect(await findings(page)).toEqual([]);
    const focused = () =>
      page.evaluate<string>("document.activeElement.textContent || document.activeElement.tagName");
    for (let n = 0; n < 30 && (await focused()) !== "Run"; n += 1) await page.keyboard.press("Tab");
    // The first "Run" is the link to this page; the button is behind the choices.
    for (let n = 0; n < 30; n += 1) {
      await page.keyboard.press("Tab");
      if ((await page.evaluate("document.activeElement.className")) === "main") break;
    }
    await page.keyboard.press("Enter");
    await page.getByText("Completed", { exact: true }).waitFor();
    await expectFits(page);
    expect(await findings(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});

describe("the root", () => {
  test.each([
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"],
    ["text/html", "text/html"],
    ["*/*", "application/json"],
    ["application/json, text/plain, */*", "application/json"],
    ["application/json", "application/json"],
    ["application/json;q=0.5, text/html;q=0.1", "application/json"],
    [undefined, "application/json"],
  ])("is what Accept %j asks for: %s", async (accept, type) => {
    const response = await rawFetch("/", accept === undefined ? {} : { headers: { accept } });
    expect(response.headers.get("content-type")).toContain(type);
    expect(response.headers.get("vary")).toContain("Accept");
    await response.text();
  });

  test("has a policy that lets in nothing from elsewhere, and no text become code", async () => {
    const response = await rawFetch("/", { headers: { accept: "text/html" } });
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|https:|\*/);
    const page = await response.text();
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    const nonces = [policy, page].map((text) => /nonce[-" ]+(?:content=")?([0-9a-f-]{36})/.exec(text)?.[1]);
    expect(nonces[0]).toBe(nonces[1]);
  });

  test("what programs made is answered as data of no origin", async () => {
    const body = JSON.stringify({ code: "open('x.html', 'w').write('<script>1</script>')" });
    const headers = { "content-type": "application/json", prefer: "wait=20" };
    const run = (await (await rawFetch("/submit", { method: "POST", headers, body })).json()) as {
      job_id: string;
    };
    const answers = await Promise.all(
      ["outputs", "download"].map((route) => rawFetch(`/${route}/${run.job_id}/x.html`)),
    );
    for (const answer of answers) expect(answer.headers.get("content-security-policy")).toBe("sandbox");
  });
});
