import { readFile } from "node:fs/promises";
import path from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect, inject } from "vitest";
import { root } from "../../../scripts/lib/local.ts";
import { newAddress } from "./client.ts";

/** Debian's browser, kept from everything but the pages of a test. */
const launchOptions = {
  executablePath: "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

export const launchBrowser = (): Promise<Browser> => chromium.launch(launchOptions);

export type Visitor = {
  readonly context: BrowserContext;
  /** A tab of the visitor's, on a page of the console. */
  readonly open: (fragment?: string) => Promise<Page>;
  /** What went wrong in any of its tabs; answers that are not 2xx are told by the pages themselves. */
  readonly problems: string[];
  /** Origins that the tabs asked for something. */
  readonly origins: Set<string>;
};

type VisitOptions = {
  readonly width?: number;
  readonly colorScheme?: "light" | "dark";
  readonly url?: string;
};

/** A browser of somebody with a quota of its own. */
export const visit = async (browser: Browser, options: VisitOptions = {}): Promise<Visitor> => {
  const { width = 1280, colorScheme = "light", url = inject("sandpiperUrl") } = options;
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme,
    extraHTTPHeaders: { "cf-connecting-ip": newAddress() },
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const problems: string[] = [];
  const origins = new Set<string>();
  context.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      problems.push(`${message.text()} (${JSON.stringify(message.location())})`);
  });
  context.on("weberror", (error) => problems.push(String(error.error())));
  context.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http")) origins.add(origin);
  });
  const open = async (fragment = ""): Promise<Page> => {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(`${url}/${fragment}`);
    return page;
  };
  return { context, open, problems, origins };
};

/** Puts a text in place of what is in the editor. */
export const typeProgram = async (page: Page, text: string): Promise<void> => {
  const editor = page.locator(".cm-content");
  await editor.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(text);
};

const axe = path.join(root, "node_modules/axe-core/axe.min.js");

type Finding = { readonly id: string; readonly nodes: readonly { readonly target: readonly string[] }[] };

/** What axe-core finds wrong with the page as it is. */
export const findings = async (page: Page): Promise<string[]> => {
  await page.evaluate(await readFile(axe, "utf8"));
  const found = await page.evaluate<readonly Finding[]>(
    "axe.run(document).then((result) => result.violations)",
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
};

/** Fails when the page scrolls sideways. */
export const expectFits = async (page: Page): Promise<void> => {
  const [content, window] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  expect(content).toBeLessThanOrEqual(window);
};

/** Fails where axe-core finds something or the page scrolls sideways: wide in the light, and at 360 pixels in the dark. */
export const expectWell = async (page: Page): Promise<void> => {
  expect(await findings(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 800 });
  await expectFits(page);
  expect(await findings(page)).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
};

/** Expects something of what is looked at again and again; other suites may have the machine meanwhile. */
export const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 15_000 });
