import { describe, expect, test } from "vitest";
import { Log } from "../../../src/console/log/log.ts";

type Write = readonly ["stdout" | "stderr", string];

const logOf = (...writes: Write[]): Log => {
  const log = new Log((draw) => draw());
  for (const [stream, data] of writes) log.write(stream, data);
  return log;
};

const linesOf = (log: Log) =>
  log.blocks.flatMap(({ lines }) =>
    lines.map(({ stream, spans }) => [stream, spans.map(({ text }) => text).join("")]),
  );

const textOf = (...data: string[]): string =>
  linesOf(logOf(...data.map((one): Write => ["stdout", one])))
    .map(([, text]) => text)
    .join("|");

const esc = (rest: string): string => `\x1b${rest}`;

describe("a log", () => {
  test.each([
    ["lines", ["a\nb\n"], "a|b"],
    ["a line in pieces", ["a", "b", "c\nd"], "abc|d"],
    ["empty lines", ["a\n\n\nb"], "a|||b"],
    ["CR LF", ["a\r\nb\r\n"], "a|b"],
    ["a progress bar", ["10 %", "\r50 %", "\r100 %\n", "done\n"], "100 %|done"],
    ["a shorter text over a longer one", ["abcdef\rxy"], "xycdef"],
    ["erasing to the end", [`abcdef\rxy${esc("[K")}`], "xy"],
    ["erasing the line", [`abc${esc("[2K")}\rxy`], "xy"],
    ["backspaces", ["abc\b\bX"], "aXc"],
    ["tabs", ["a\tb"], "a       b"],
    ["moving up", [`one\ntwo\n${esc("[2A")}ONE\n${esc("[B")}three`], "ONE|two|three"],
    ["moving to a column", [`abc${esc("[5G")}x`], "abc x"],
    ["titles", [`${esc("]0;title\x07")}a${esc("]8;;http://x")}${esc("\\")}b`], "ab"],
    ["a sequence in pieces", ["a\x1b", "[3", "1mb"], "ab"],
    ["other control characters", ["a\0\x07b\x7fc"], "abc"],
    ["letters beyond the first plane", ["😀😀\r😎"], "😎😀"],
    ["an escape that never ends", [`a${esc("]")}${"x".repeat(300)}`], `a]${"x".repeat(300)}`],
  ])("shows %s as a terminal does", (_what, data, expected) => {
    expect(textOf(...data)).toBe(expected);
  });

  test("gives the same whatever the pieces that it comes in", () => {
    const whole = `a${esc("[1;31m")}red${esc("[0m")}\r\n50 %\r${esc("[2K")}100 %\nend`;
    expect(textOf(...whole)).toBe(textOf(whole));
  });

  test("keeps the streams apart: a line goes on where it began", () => {
    const log = logOf(
      ["stdout", "out"],
      ["stderr", "bar 1\rbar 2"],
      ["stdout", "put\nnext"],
      ["stderr", "\n"],
    );
    expect(linesOf(log)).toEqual([
      ["stdout", "output"],
      ["stderr", "bar 2"],
      ["stdout", "next"],
    ]);
  });

  test("colours text until the reset, also across pieces", () => {
    const log = logOf(
      ["stdout", `${esc("[1;31m")}a`],
      ["stdout", `b${esc("[38;5;196m")}c${esc("[38;2;1;2;3;48;5;232m")}d${esc("[m")}e`],
    );
    const spans = log.blocks[0]?.lines[0]?.spans.map(({ text, style }) => [
      text,
      style.className,
      style.color,
      style.background,
    ]);
    expect(spans).toEqual([
      ["ab", "ansi-red-fg ansi-bold", null, null],
      ["c", "ansi-bold", "rgb(255, 0, 0)", null],
      ["d", "ansi-bold", "rgb(1, 2, 3)", "rgb(8, 8, 8)"],
      ["e", "", null, null],
    ]);
  });

  test("keeps markup as the text that it is", () => {
    expect(textOf("<b onclick=x>&amp;</b>")).toBe("<b onclick=x>&amp;</b>");
  });

  test("bounds what it keeps, and counts what it dropped", () => {
    const log = logOf(["stdout", "line\n".repeat(25_000)], ["stdout", "x".repeat(25_000)]);
    expect(log.blocks.length).toBe(200);
    expect(log.droppedLines).toBe(5_100);
    expect(linesOf(log).at(-1)?.[1]).toHaveLength(5_000);
  });
});
