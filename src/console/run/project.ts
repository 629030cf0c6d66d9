import { computed, effect, signal } from "@preact/signals";
import { readStored, writeStored } from "../shared/stored.ts";
import { languageOf } from "./languages.ts";
import { isSample, sampleOf } from "./samples.ts";

/** A file of the project: text that is edited here, or bytes that were dropped. */
export type ProjectFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly blob: Blob };

/** What is asked for beside the files, as it was typed; an empty limit is the service's own. */
export type Settings = {
  readonly language: string;
  readonly environment: string;
  readonly entrypoint: string;
  readonly args: string;
  readonly stdin: string;
  readonly timeout: string;
  readonly memoryMb: string;
  readonly cpuSeconds: string;
};

/** One input with what the program must print for it; both as text. */
export type Case = { readonly stdin: string; readonly expected: string };

export type Project = {
  readonly files: readonly ProjectFile[];
  readonly active: string;
  readonly settings: Settings;
  readonly cases: readonly Case[];
};

const NO_SETTINGS: Settings = {
  language: "python",
  environment: "",
  entrypoint: "",
  args: "",
  stdin: "",
  timeout: "",
  memoryMb: "",
  cpuSeconds: "",
};

const firstProject = (): Project => {
  const sample = sampleOf("python");
  if (sample === null) throw new Error("there is no sample to start with");
  return { files: [sample], active: sample.path, settings: NO_SETTINGS, cases: [] };
};

const isText = (value: unknown): value is string => typeof value === "string";

const isProject = (value: unknown): value is Project => {
  if (typeof value !== "object" || value === null) return false;
  const { files, active, settings, cases } = value as Record<string, unknown>;
  return (
    Array.isArray(files) &&
    files.every((file) => isText(file?.path) && isText(file?.text)) &&
    isText(active) &&
    Array.isArray(cases) &&
    cases.every((one) => isText(one?.stdin) && isText(one?.expected)) &&
    typeof settings === "object" &&
    settings !== null &&
    Object.keys(NO_SETTINGS).every((name) => isText((settings as Record<string, unknown>)[name]))
  );
};

const DRAFT = "sandpiper.draft";

/** A tab goes on with its own draft; a new one begins with what was typed last in any. */
const storedProject = (): Project | null =>
  readStored(sessionStorage, DRAFT, isProject) ?? readStored(localStorage, DRAFT, isProject);

export const project = signal<Project>(storedProject() ?? firstProject());
/** False once the draft is too large to be kept over a reload. */
export const isKept = signal(true);

const PAUSE_MS = 300;

/** Keeps the texts of the project; what was dropped as bytes stays with the page alone. */
const keep = (): void => {
  const { files, active, settings, cases } = project.peek();
  const draft = { files: files.filter((file) => "text" in file), active, settings, cases };
  const isThere = writeStored(sessionStorage, DRAFT, draft);
  isKept.value = writeStored(localStorage, DRAFT, draft) || isThere;
};

let timer = 0;
effect(() => {
  project.value;
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE_MS);
});
addEventListener("pagehide", keep);
addEventListener("visibilitychange", keep);

export const activeFile = computed<ProjectFile | null>(() => {
  const { files, active } = project.value;
  return files.find((file) => file.path === active) ?? files[0] ?? null;
});

const change = (part: Partial<Project>): void => {
  project.value = { ...project.peek(), ...part };
};

/** Grows when texts were replaced by others than the editor. */
export const revision = signal(0);

/** The text of a file as it is now; "" for one that has none. */
export const textOfFile = (path: string): string => {
  const file = project.peek().files.find((one) => one.path === path);
  return file !== undefined && "text" in file ? file.text : "";
};

export const setSetting = (name: keyof Settings, value: string): void =>
  change({ settings: { ...project.peek().settings, [name]: value } });

export const setCases = (cases: readonly Case[]): void => change({ cases });

export const showFile = (path: string): void => change({ active: path });

export const editFile = (path: string, text: string): void =>
  change({ files: project.peek().files.map((file) => (file.path === path ? { path, text } : file)) });

/** Adds files; one of a name that is there already takes its place. */
export const addFiles = (added: readonly ProjectFile[]): void => {
  const names = new Set(added.map(({ path }) => path));
  const { files, active } = project.peek();
  const kept = files.filter(
    (file) => !names.has(file.path) && !(files.length === 1 && "text" in file && isSample(file.text)),
  );
  change({ files: [...kept, ...added], active: added.at(0)?.path ?? active });
  revision.value += 1;
};

/** Adds an empty text under a name that is free. */
export const newFile = (): void => {
  const { files } = project.peek();
  const names = new Set(files.map(({ path }) => path));
  let number = 1;
  while (names.has(`file-${number}.txt`)) number += 1;
  const path = `file-${number}.txt`;
  change({ files: [...files, { path, text: "" }], active: path });
};

export const removeFile = (path: string): void => {
  const { files, active } = project.peek();
  const left = files.filter((file) => file.path !== path);
  change({ files: left, active: active === path ? (left[0]?.path ?? "") : active });
};

export const renameFile = (path: string, name: string): void => {
  const { files, active } = project.peek();
  if (name === "" || files.some((file) => file.path === name)) return;
  change({
    files: files.map((file) => (file.path === path ? { ...file, path: name } : file)),
    active: active === path ? name : active,
  });
};

/** Chooses a language; an untouched sample becomes that language's. */
export const chooseLanguage = (language: string): void => {
  const { files } = project.peek();
  const [only] = files;
  const sample = sampleOf(language, languageOf(language)?.source_file);
  setSetting("language", language);
  if (sample === null || files.length !== 1 || only === undefined || !("text" in only)) return;
  if (!isSample(only.text)) return;
  change({ files: [sample], active: sample.path });
  revision.value += 1;
};
