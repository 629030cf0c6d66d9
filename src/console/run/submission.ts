import type { Submission } from "../../client/index.ts";
import type { Manifest } from "../../wire/run-submission.ts";
import { splitArguments } from "./arguments.ts";
import { namedInManifest } from "./languages.ts";
import type { Project } from "./project.ts";

const wholeNumber = (text: string): number | undefined =>
  /^\d{1,6}$/.test(text.trim()) ? Number(text) : undefined;

/** Members that are undefined left out. */
const given = <T extends object>(members: T): Partial<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;

const textOrNone = (text: string): string | undefined => (text === "" ? undefined : text);

/** The manifest of a project; what was left empty is not in it. */
export const manifestOf = ({ settings, cases }: Project): Manifest => {
  const args = splitArguments(settings.args);
  return given({
    ...namedInManifest(settings.language),
    entrypoint: textOrNone(settings.entrypoint),
    environment: textOrNone(settings.environment),
    args: args.length === 0 ? undefined : args,
    stdin: textOrNone(settings.stdin),
    timeout: wholeNumber(settings.timeout),
    memory_mb: wholeNumber(settings.memoryMb),
    cpu_seconds: wholeNumber(settings.cpuSeconds),
    cases:
      cases.length === 0
        ? undefined
        : cases.map(({ stdin, expected }) => ({ stdin, expected_output: expected })),
  }) as Manifest;
};

/** A program alone goes as JSON under its own name, a project as files. */
export const submissionOf = (project: Project): Submission => {
  const manifest = manifestOf(project);
  const [only] = project.files;
  if (project.files.length === 1 && only !== undefined && "text" in only)
    return { code: only.text, ...manifest, entrypoint: manifest.entrypoint ?? only.path };
  const files = project.files.map((file) => ({
    path: file.path,
    data: "text" in file ? file.text : file.blob,
  }));
  return { files, manifest };
};
