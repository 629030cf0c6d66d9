import { mkdir } from "node:fs/promises";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { root } from "./lib/local.ts";
import { optionsOf } from "./lib/usage.ts";

const usage = `Usage: npm run screenshots -- [--url <address of a service that npm start runs>]
The operator's token of that service is taken from the variable SANDPIPER_OPERATOR_TOKEN.`;
/** Of a picture, at most. */
const HEIGHT = 760;
const folder = path.join(root, "docs/images");

const PLOT = `import math, sys, time

points = [(x, 100 - 80 * math.sin(x / 25)) for x in range(0, 320, 2)]
for step in range(5):
    print(f"\\r{step * 25:3d} %", end="", file=sys.stderr, flush=True)
    time.sleep(0.1)
print(file=sys.stderr)
print("\\x1b[32mdrew\\x1b[0m", len(points), "points")
line = " ".join(f"{x},{y:.1f}" for x, y in points)
with open("wave.svg", "w") as out:
    out.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200">'
              f'<polyline points="{line}" fill="none" stroke="#0757b8" stroke-width="3"/></svg>')
`;

const TRADES = "date,security,side,quantity,price\n2024-01-02,ABC,BUY,10,5\n2024-03-04,ABC,SELL,10,7\n";

type Shot = {
  readonly name: string;
  readonly fragment: string;
  readonly width: number;
  readonly colorScheme: "light" | "dark";
  readonly act: (page: Page) => Promise<void>;
};

const runPlot = async (page: Page): Promise<void> => {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(PLOT);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByText("Completed", { exact: true }).waitFor();
  await page.locator(".preview img").waitFor();
};

const judge = async (page: Page): Promise<void> => {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText("print(int(input()) * 2)\n");
  await page.getByText("Cases", { exact: true }).click();
  for (const [at, [stdin = "", expected = ""]] of [
    ["2", "4"],
    ["3", "7"],
  ].entries()) {
    await page.getByRole("button", { name: "Add a case" }).click();
    await page.getByLabel(`stdin of case ${at + 1}`).fill(stdin);
    await page.getByLabel(`Expected output of case ${at + 1}`).fill(expected);
  }
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByText("1 of 2 accepted").waitFor();
};

const upload = async (page: Page): Promise<void> => {
  await page.getByLabel("security_type (required)").selectOption("domestic");
  const file = { name: "trades.csv", mimeType: "text/csv", buffer: Buffer.from(TRADES) };
  await page.getByLabel("trades.csv (required)").setInputFiles(file);
  await page.getByRole("button", { name: "Upload and start" }).click();
  await page.getByRole("heading", { name: "Succeeded" }).waitFor();
};

const register = async (page: Page): Promise<void> => {
  await page.getByText("Register a job", { exact: true }).click();
  const form = page.getByRole("form", { name: "Register a job" });
  await form.getByLabel("image_url").fill("https://example.com/sandpiper.png");
  await form.getByRole("button", { name: "Register" }).click();
  await page.getByText("sandpiper.png").waitFor();
};

type Service = { readonly url: string; readonly token: string };

/** Asks the service as its operator, or as the holder of a key. */
const ask = async (
  { url, token }: Service,
  path: string,
  body: unknown,
): Promise<Record<string, unknown>> => {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", prefer: "wait=30" };
  const answer = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
};

/** A key with some runs of its owner. */
const keyWithRuns = async (service: Service): Promise<string> => {
  const made = await ask(service, "/operator/keys", { owner: "alice", name: "laptop" });
  const holder = { url: service.url, token: String(made.key) };
  await ask(service, "/operator/keys", { owner: "bob", name: "nightly", scopes: ["jobs", "work"] });
  for (const code of ["print(sum(range(9_000_000)))", "print(1)", "raise SystemExit(3)"])
    await ask(holder, "/submit", { code });
  return holder.token;
};

const asHolder =
  (key: string) =>
  async (page: Page): Promise<void> => {
    await page.getByText("Sign in", { exact: true }).click();
    await page.getByLabel("Key or password").fill(key);
    await page.getByRole("button", { name: "Use" }).click();
    await page
      .getByRole("button", { name: /^Repeat/ })
      .first()
      .waitFor();
    await page.getByText("Signed in for this tab").click();
  };

const asOperator =
  (token: string, until: string) =>
  async (page: Page): Promise<void> => {
    await page.getByLabel("Operator's token").last().fill(token);
    await page.getByRole("button", { name: "Use" }).click();
    await page.getByText(until).first().waitFor();
  };

const shotsOf = (token: string, key: string): readonly Shot[] => [
  { name: "console-run", fragment: "", width: 1200, colorScheme: "light", act: runPlot },
  { name: "console-cases", fragment: "", width: 1200, colorScheme: "dark", act: judge },
  { name: "console-phone", fragment: "", width: 360, colorScheme: "dark", act: runPlot },
  { name: "console-workload", fragment: "#/workloads", width: 900, colorScheme: "light", act: upload },
  { name: "console-job", fragment: "#/jobs", width: 900, colorScheme: "light", act: register },
  { name: "console-mine", fragment: "#/mine", width: 900, colorScheme: "light", act: asHolder(key) },
  {
    name: "console-operator",
    fragment: "#/operator",
    width: 900,
    colorScheme: "dark",
    act: asOperator(token, "Programs that run"),
  },
  {
    name: "console-executors",
    fragment: "#/operator/executors",
    width: 900,
    colorScheme: "light",
    act: asOperator(token, "joined"),
  },
  {
    name: "console-keys",
    fragment: "#/operator/keys",
    width: 900,
    colorScheme: "light",
    act: asOperator(token, "alice"),
  },
];

const take = async (browser: Browser, url: string, { name, fragment, width, colorScheme, act }: Shot) => {
  const context = await browser.newContext({ viewport: { width, height: HEIGHT }, colorScheme });
  const page = await context.newPage();
  await page.goto(`${url}/${fragment}`);
  await act(page);
  await page.evaluate("scrollTo(0, 0)");
  // A short page is a short picture.
  const bottom = await page.evaluate<number>("document.querySelector('main').getBoundingClientRect().bottom");
  const clip = { x: 0, y: 0, width, height: Math.min(HEIGHT, Math.ceil(bottom)) };
  await page.screenshot({ path: path.join(folder, `${name}.png`), clip });
  await context.close();
  process.stdout.write(`docs/images/${name}.png\n`);
};

const { url: address } = optionsOf(usage, { url: { type: "string", default: "http://127.0.0.1:8787" } });
const url = address.replace(/\/+$/, "");
const { SANDPIPER_OPERATOR_TOKEN: token } = process.env;
if (token === undefined) throw new Error(`SANDPIPER_OPERATOR_TOKEN is not set.\n${usage}`);
const key = await keyWithRuns({ url, token });
await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
for (const shot of shotsOf(token, key)) await take(browser, url, shot);
await browser.close();
