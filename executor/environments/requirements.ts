/** What keeps a build from starting or ending, told to the owner as it stands. */
export class BuildRefused extends Error {}

/** A requirements file as pip is to read it: one pinned, hashed package a line, and where indexes are. */
export interface Requirements {
  readonly lines: readonly string[];
  readonly names: readonly string[];
}

const NAME = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*/;
const PIN = /^={2,3}\s*([A-Za-z0-9][A-Za-z0-9.!+_-]*)\s*(;.*)?$/;
const HASH = /\s--hash[=\s]\s*(\S+)/g;
const STRONG_HASH = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/i;
const INDEX = /^(?:-i|--index-url|--extra-index-url|--trusted-host)[=\s]\s*\S+$/;

interface Line {
  readonly at: number;
  readonly text: string;
}

/** Lines without comments, those that end in a backslash joined with the next. */
const logicalLines = (file: string): readonly Line[] => {
  const lines: Line[] = [];
  let open: Line | null = null;
  for (const [index, raw] of file
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .entries()) {
    const text: string = raw.replace(/(?:^|\s)#.*$/, "").trimEnd();
    const whole: Line =
      open === null ? { at: index + 1, text } : { at: open.at, text: `${open.text} ${text}` };
    if (text.endsWith("\\")) open = { ...whole, text: whole.text.slice(0, -1) };
    else {
      lines.push(whole);
      open = null;
    }
  }
  if (open !== null) lines.push(open);
  return lines.map(({ at, text }) => ({ at, text: text.trim() })).filter(({ text }) => text !== "");
};

/** Names that the index does not tell apart. */
export const sameName = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, "-");

const refuse = (file: string, { at, text }: Line, problem: string): never => {
  throw new BuildRefused(`${file}, line ${at}: ${problem}\n  ${text.slice(0, 200)}`);
};

const readPackage = (file: string, line: Line): { name: string; hasMarker: boolean } => {
  const start = NAME.exec(line.text);
  if (start === null || line.text.startsWith("-"))
    return refuse(
      file,
      line,
      "only pinned packages and --index-url are taken; folders, addresses, -r, -c, -e and other options are not",
    );
  const name = start[1] ?? "";
  const hashes = [...line.text.matchAll(HASH)].map(([, hash = ""]) => hash);
  const weak = hashes.find((hash) => !STRONG_HASH.test(hash));
  if (weak !== undefined)
    return refuse(file, line, `${name}: the hash must be sha256:, sha384: or sha512: in hex`);
  const wanted = line.text.slice(start[0].length).replaceAll(HASH, "").trim();
  const pin = PIN.exec(wanted);
  if (wanted.startsWith("@") || wanted.includes("://"))
    return refuse(
      file,
      line,
      `${name} comes from an address; it has to come from an index, as ${name}==VERSION`,
    );
  if (pin === null || wanted.includes(" --"))
    return refuse(
      file,
      line,
      `${name} has to be pinned to one version, as ${name}==VERSION --hash=sha256:...`,
    );
  if (hashes.length === 0)
    return refuse(
      file,
      line,
      `${name} has no hash; \`pip-compile --generate-hashes\` or \`uv pip compile --generate-hashes\` writes them`,
    );
  return { name, hasMarker: pin[2] !== undefined };
};

/**
 * Reads a requirements file strictly, so that pip is only asked for what an index has under a known hash.
 * @throws BuildRefused naming the line
 */
export const readRequirements = (file: string, content: string): Requirements => {
  const lines = logicalLines(content);
  const seen = new Map<string, number>();
  const names: string[] = [];
  for (const line of lines) {
    if (INDEX.test(line.text)) continue;
    const { name, hasMarker } = readPackage(file, line);
    const before = seen.get(sameName(name));
    if (before !== undefined && !hasMarker) refuse(file, line, `${name} is on line ${before} already`);
    seen.set(sameName(name), line.at);
    names.push(name);
  }
  if (names.length === 0) throw new BuildRefused(`${file} names no package.`);
  return { lines: lines.map(({ text }) => text), names };
};
