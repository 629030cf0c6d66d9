import { type Language, languages } from "../../src/wire/languages/registry.ts";
import { languageSets } from "./sets.ts";

const escaped = (text: string): string => text.replaceAll("|", "\\|");
const code = (text: string): string => `\`${escaped(text)}\``;
const command = (argv: readonly string[] | null): string => (argv === null ? "-" : code(argv.join(" ")));

/** The smallest set that has a language. */
const setOf = ({ id, layer }: Language): string => {
  if (layer === "default") return "always there";
  for (const [name, ids] of languageSets) if (ids.includes(id)) return code(name);
  return "-";
};

const idsOf = ({ judge0 }: Language): string => judge0?.ids.join(", ") ?? "-";

const row = (language: Language): string =>
  [
    code(language.id),
    escaped(language.name),
    language.aliases.map(code).join(", ") || "-",
    code(language.source),
    setOf(language),
    idsOf(language),
    language.piston === null ? "-" : code(language.piston.language),
  ].join(" | ");

const commands = (language: Language): string =>
  [code(language.id), command(language.compile), command(language.run)].join(" | ");

const table = (heading: readonly string[], rows: readonly string[]): string =>
  [heading.join(" | "), heading.map(() => "---").join(" | "), ...rows]
    .map((line) => `| ${line} |`)
    .join("\n");

/** The page about languages, made from the registry; a test holds docs/languages.md against it. */
export const languagesPage = (): string => `# Languages

This page is made from the registry in \`src/wire/languages\`; write it again with \`npm run languages -- page >docs/languages.md\`.

A manifest names a language by its id or an alias, in any case: \`{"language": "cpp", "code": "..."}\`. Without \`language\` and \`interpreter\` the extension of the entrypoint decides. \`GET /runtimes\` lists what the executors of a deployment have, with versions; the table below is what they could have.

## Getting them

Python, JavaScript, Bash and Dash run on the machine's own tools. All others need a layer, which is a whole \`/usr\` of Debian packages that are unpacked and never installed. Nothing is built by itself:

\`\`\`
npm run languages -- build small
npm run languages -- list
\`\`\`

| Set | Disk | Download |
| --- | --- | --- |
| \`small\` | 260 MB | 64 MB |
| \`core\` | 1.6 GB | 400 MB |
| \`wide\` | 3.6 GB | 850 MB |
| \`all\` | 5.2 GB | 1.3 GB |

The layer lies in \`EXECUTOR_LANGUAGES_DIR\` (\`/var/cache/sandpiper/languages\`). A language whose tool does not start is said in a line that begins with \`SKIPPED\`, is left out, and makes the command end with 1; the others are built all the same. An executor reads the layer when it starts.

## What a run in a language does

1. **Compile**, for languages that have such a step, in a sandbox that nothing else uses: no network, no input, \`compile_timeout\` (30 s), \`compile_cpu_seconds\` (30), \`compile_memory_mb\` (512). \`compile_flags\` stand where the table says \`{flags}\`. What the compiler says is in \`compile.output\` of the status (64 KiB) and in the log with \`"phase": "compile"\`. A compile that fails ends the run with \`termination_reason: compile_error\`.
2. **Run**, in a new sandbox that finds what the compile left: plain files and folders, at most 64 MiB and 2,000 files. The stack is bounded by the memory.

What a compile made is used again for an hour, for the same client alone: same language, layer, flags, variables and files. Then \`compile.cached\` is true, and it costs no CPU of the quota. \`EXECUTOR_CACHE_BYTES\` (1 GiB) bounds it, 0 turns it off.

## Cases

\`cases\` runs the program once for each of up to 100 cases, one after the other, each in a new sandbox:

\`\`\`json
{
  "language": "cpp",
  "code": "#include <iostream>\\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b; }",
  "cases": [
    { "stdin": "1 2", "expected_output": "3" },
    { "id": "large", "stdin": { "base64": "..." }, "timeout": 0.5, "compare": "exact" }
  ],
  "stop_on_failure": true
}
\`\`\`

| Member | What it is |
| --- | --- |
| \`id\` | 1 to 64 of letters, digits, \`.\`, \`_\`, \`-\`; its index where it is left out |
| \`stdin\`, \`expected_output\` | text, or bytes as \`{"base64": "..."}\`; 1 MiB each, 8 MiB together |
| \`args\` | in place of the manifest's |
| \`timeout\`, \`cpu_seconds\`, \`memory_mb\` | in place of the manifest's; decimals allowed |
| \`compare\` | \`trimmed\` (line by line without white space at the ends), \`exact\`, \`tokens\` (words), \`numeric\` or \`{"mode": "numeric", "absolute": 1e-6, "relative": 1e-6}\` |

Beside the cases: \`compare\` for all, \`stop_on_failure\`, \`case_output_bytes\` (1 MiB, at most 10 MiB), or \`expected_output\` alone, which makes one case. In an upload \`cases_file\` names a JSON file that holds the list; the program does not find it.

Verdicts, the first that holds: \`skipped\`, \`internal_error\`, \`time_limit\`, \`memory_limit\`, \`output_limit\`, \`runtime_error\`, \`wrong_answer\`, \`accepted\`. All cases together may use 60 CPU-seconds and 600 s; what is left then is \`skipped\`. \`GET /status/{id}\` has \`verdict\`, \`cases\` and \`case_results\`; \`GET /cases/{id}?from=&limit=\` and \`GET /cases/{id}/{index}\` have what each printed. Live streams send \`case\` events, numbered with the log, so that \`Last-Event-ID\` and \`?after=\` resume over them.

What is expected never enters a sandbox, a log or an error.

## The languages

${table(["Id", "Name", "Aliases", "Source", "Set", "Judge0's ids", "Piston's name"], languages.map(row))}

## Their commands

\`{sources}\` is the source and then the other files of the language in its folder; \`{stem}\` is the source without its extension, \`{class}\` its last part; \`{heap}\` is 70 % of the memory limit.

${table(["Id", "Compile", "Run"], languages.map(commands))}
`;
