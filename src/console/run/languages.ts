import { computed, signal } from "@preact/signals";
import type { Manifest } from "../../wire/run-submission.ts";
import type { Runtimes } from "../../wire/service-answers.ts";
import { ask, recordsOf, textOf } from "../shared/ask.ts";

export type Language = Pick<
  Runtimes["languages"][number],
  "id" | "name" | "version" | "compiled" | "source_file"
>;

/** Interpreters that every executor has, by the language's id; they keep every environment. */
const INTERPRETERS: Record<string, Manifest["interpreter"]> = {
  python: "python3",
  javascript: "node",
  bash: "bash",
  dash: "sh",
};

const ALWAYS: readonly Language[] = [
  { id: "python", name: "Python", version: "", compiled: false, source_file: "main.py" },
  { id: "javascript", name: "JavaScript (Node.js)", version: "", compiled: false, source_file: "index.js" },
  { id: "bash", name: "Bash", version: "", compiled: false, source_file: "run.sh" },
  { id: "dash", name: "POSIX sh", version: "", compiled: false, source_file: "main.sh" },
];

const runtimes = signal<readonly Language[]>([]);

/** The languages that executors have; until they have answered, those that all of them have. */
export const languages = computed(() => (runtimes.value.length === 0 ? ALWAYS : runtimes.value));

export const languageOf = (id: string): Language | null =>
  languages.value.find((one) => one.id === id) ?? null;

/** Asks which languages there are. */
export const loadLanguages = async (): Promise<void> => {
  const { body } = await ask("/runtimes");
  runtimes.value = recordsOf(body.languages).map((one) => ({
    id: textOf(one.id),
    name: textOf(one.name),
    version: textOf(one.version),
    compiled: one.compiled === true,
    source_file: textOf(one.source_file),
  }));
};

/** How a manifest names a language. */
export const namedInManifest = (id: string): Pick<Manifest, "interpreter" | "language"> => {
  const interpreter = INTERPRETERS[id];
  return interpreter === undefined ? { language: id } : { interpreter };
};

/** The interpreter of a language, by which environments say what they have packages for. */
export const interpreterOf = (id: string): string => INTERPRETERS[id] ?? "";
