import Anser from "anser";

/** How a piece of text looks: classes of the style sheet, and colours that no class has. */
export type TextStyle = {
  readonly className: string;
  readonly color: string | null;
  readonly background: string | null;
};

export const PLAIN: TextStyle = { className: "", color: null, background: null };

const PALETTE = /^ansi-palette-(\d+)$/;
const CUBE_START = 16;
const GREY_START = 232;
const STEPS = [0, 95, 135, 175, 215, 255];

/** Colours 16 to 255 of a terminal: a cube of 6 by 6 by 6, then greys. */
const paletteColor = (index: number): string => {
  if (index >= GREY_START) {
    const level = 8 + (index - GREY_START) * 10;
    return `rgb(${level}, ${level}, ${level})`;
  }
  const at = index - CUBE_START;
  const channel = (divisor: number): number => STEPS[Math.floor(at / divisor) % STEPS.length] ?? 0;
  return `rgb(${channel(36)}, ${channel(6)}, ${channel(1)})`;
};

const colorOf = (name: string | null, truecolor: string | null): string | null => {
  if (name === "ansi-truecolor") return `rgb(${truecolor ?? "0, 0, 0"})`;
  const index = PALETTE.exec(name ?? "")?.[1];
  return index === undefined ? null : paletteColor(Number(index));
};

const classOf = (name: string | null, suffix: string): string[] =>
  name === null || name === "ansi-truecolor" || PALETTE.test(name) ? [] : [`${name}${suffix}`];

const known = new Map<string, TextStyle>([["", PLAIN]]);
/** Programs that draw gradients use a new sequence for each character. */
const KNOWN_MAX = 4_096;

/** The look that a row of SGR sequences gives to what follows them. */
export const styleOf = (sequences: string): TextStyle => {
  const before = known.get(sequences);
  if (before !== undefined) return before;
  const options = { json: true as const, use_classes: true, remove_empty: true };
  const [chunk] = new Anser().ansiToJson(`${sequences}x`, options);
  if (chunk === undefined) return PLAIN;
  const style: TextStyle = {
    className: [
      ...classOf(chunk.fg, "-fg"),
      ...classOf(chunk.bg, "-bg"),
      ...chunk.decorations.filter((name) => name !== "reverse").map((name) => `ansi-${name}`),
    ].join(" "),
    color: colorOf(chunk.fg, chunk.fg_truecolor),
    background: colorOf(chunk.bg, chunk.bg_truecolor),
  };
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(sequences, style);
  return style;
};
