import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { PYTHON_PATH } from "./layer.ts";
import { BuildRefused, type Requirements, readRequirements } from "./requirements.ts";

const execute = promisify(execFile);
/** The Python that programs are run by: other versions take other wheels. */
const PYTHON = "/usr/bin/python3";
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
const MAX_FILES = 500_000;
const MIB = 1024 * 1024;
const PIP = ["-m", "pip", "--disable-pip-version-check", "--no-input", "--no-color"];

const wheels = z.array(
  z.object({
    file: z.string(),
    name: z.string(),
    version: z.string(),
    bytes: z.number(),
    /** CRC-32 by path. */
    files: z.record(z.string(), z.number()),
    problem: z.string().nullable(),
  }),
);
type Wheel = z.infer<typeof wheels>[number];

const DISCARDED = /^\s*Discarding /m;

/** Such as that a pinned version was withdrawn from its index, and why. */
const warningsIn = (text: string): readonly string[] =>
  text
    .split(/^(?=WARNING: )/m)
    .filter((part) => part.startsWith("WARNING: "))
    .map((part) =>
      part
        .replace("WARNING: ", "")
        .replaceAll(/\s*\n\s*/g, "; ")
        .trim()
        .replace(/;$/, ""),
    );

const failureOf = (failed: unknown): string => {
  const {
    stdout = "",
    stderr = "",
    message,
  } = failed as {
    stdout?: string;
    stderr?: string;
    message: string;
  };
  const start = stderr.search(/^ERROR|.*No module named/m);
  const error = start === -1 ? stderr.trim().split("\n").at(-1) || message : stderr.slice(start).trim();
  // Why pip takes a wheel for none stands among what it says of its progress.
  const discarded = stdout.split("\n").filter((line) => DISCARDED.test(line));
  return [...discarded.map((line) => line.trim()), error].join("\n");
};

const NO_WHEEL =
  "There is no wheel of it for this machine's Python: source archives are not built, because that runs their " +
  "code, and wheels for other systems cannot be used. Take a version that has one, or put a wheel of your own " +
  "into an index.";

/** Source archives are never taken, so nothing of a package runs. */
const download = async (
  { lines }: Requirements,
  folder: string,
  say: (text: string) => void,
): Promise<readonly string[]> => {
  const list = join(folder, "requirements.txt");
  writeFileSync(list, `${lines.join("\n")}\n`);
  const place = join(folder, "wheels");
  mkdirSync(place);
  const options = ["--require-hashes", "--only-binary", ":all:", "--dest", place, "-r", list];
  try {
    const done = await execute(PYTHON, [...PIP, "download", ...options], { maxBuffer: MAX_OUTPUT_BYTES });
    for (const warning of warningsIn(done.stderr)) say(`note: ${warning}`);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.includes("No module named pip"))
      throw new BuildRefused("pip is missing: apt-get install python3-pip");
    const isMissing = /No matching distribution/.test(failure) && !DISCARDED.test(failure);
    throw new BuildRefused(isMissing ? `${failure}\n${NO_WHEEL}` : failure);
  }
  const found = readdirSync(place).map((name) => join(place, name));
  if (found.length === 0) throw new BuildRefused("None of the packages is for this machine's Python.");
  return found;
};

const inspect = async (paths: readonly string[]): Promise<readonly Wheel[]> => {
  const script = new URL("inspect-wheels.py", import.meta.url).pathname;
  const { stdout } = await execute(PYTHON, ["-I", script, ...paths], { maxBuffer: MAX_OUTPUT_BYTES });
  return wheels.parse(JSON.parse(stdout));
};

/** Files that two packages have with different contents: the later one's stays, as with pip. */
const collisions = (all: readonly Wheel[]): readonly string[] => {
  const owners = new Map<string, Wheel>();
  return all.flatMap((wheel) =>
    Object.entries(wheel.files).flatMap(([path, crc]) => {
      const owner = owners.get(path);
      owners.set(path, wheel);
      return owner === undefined || owner.files[path] === crc
        ? []
        : [`${path} is in ${owner.file} and in ${wheel.file}; the latter's is kept`];
    }),
  );
};

const check = (all: readonly Wheel[], maxMb: number): void => {
  const problems = all.flatMap(({ file, problem }) => (problem === null ? [] : [`${file}: ${problem}`]));
  if (problems.length > 0) throw new BuildRefused(problems.join("\n"));
  const bytes = all.reduce((sum, wheel) => sum + wheel.bytes, 0);
  if (bytes > maxMb * MIB) {
    const largest = [...all].sort((a, b) => b.bytes - a.bytes)[0];
    const most = `the largest is ${largest?.file} with ${Math.ceil((largest?.bytes ?? 0) / MIB)} MB`;
    throw new BuildRefused(
      `Unpacked these are ${Math.ceil(bytes / MIB)} MB, above --max-mb ${maxMb}; ${most}.`,
    );
  }
  const files = all.reduce((sum, wheel) => sum + Object.keys(wheel.files).length, 0);
  if (files > MAX_FILES) throw new BuildRefused(`These have ${files} files; at most ${MAX_FILES} are taken.`);
};

const unpack = async (paths: readonly string[], root: string): Promise<void> => {
  const target = join(root, PYTHON_PATH);
  mkdirSync(target, { recursive: true });
  const options = ["--no-index", "--no-deps", "--no-compile", "--target", target, "--quiet"];
  try {
    // Isolated: what the owner's settings say of installing does not concern a layer.
    await execute(
      PYTHON,
      [...PIP, "install", "--isolated", "--root-user-action=ignore", ...options, ...paths],
      {
        maxBuffer: MAX_OUTPUT_BYTES,
      },
    );
  } catch (error) {
    throw new BuildRefused(failureOf(error));
  }
  if (readdirSync(target).includes("bin")) renameSync(join(target, "bin"), join(root, "usr/bin"));
};

/**
 * Fetches the wheels that a requirements file names and unpacks them into a layer; returns what it then holds, as
 * `name version`. @throws BuildRefused with what the owner can do
 */
export const addWheels = async (
  file: string,
  { root, work, maxMb, say }: { root: string; work: string; maxMb: number; say: (text: string) => void },
): Promise<readonly string[]> => {
  const requirements = readRequirements(file, readFileSync(file, "utf8"));
  say(`fetching ${requirements.names.length} packages`);
  const paths = await download(requirements, work, say);
  const all = await inspect(paths);
  check(all, maxMb);
  for (const collision of collisions(all)) say(`note: ${collision}`);
  say(`unpacking ${all.length} wheels`);
  await unpack(paths, root);
  return all.map(({ name, version }) => `${name} ${version}`);
};
