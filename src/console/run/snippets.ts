import type { Project } from "./project.ts";
import { manifestOf, submissionOf } from "./submission.ts";

const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const json = (value: unknown): string => JSON.stringify(value, null, 2);

const curl = (project: Project, baseUrl: string): string => {
  const submission = submissionOf(project);
  const start = `curl -sS ${shellQuoted(`${baseUrl}/submit`)} -H 'Prefer: wait=60' \\\n`;
  if (!("files" in submission))
    return `${start}  -H 'Content-Type: application/json' \\\n  -d ${shellQuoted(json(submission))}\n`;
  const files = project.files.map(
    ({ path }) => `  -F ${shellQuoted(`files=@"${path}";filename="${path}"`)} \\\n`,
  );
  return `${start}${files.join("")}  -F ${shellQuoted(`manifest=${JSON.stringify(manifestOf(project))}`)}\n`;
};

const typescript = (project: Project, baseUrl: string): string => {
  const submission = submissionOf(project);
  const isOne = !("files" in submission);
  const what = isOne
    ? json(submission)
    : `{
  files: await Promise.all(${JSON.stringify(project.files.map(({ path }) => path))}.map(async (path) => ({ path, data: await readFile(path) }))),
  manifest: ${json(manifestOf(project))},
}`;
  return `${isOne ? "" : 'import { readFile } from "node:fs/promises";\n'}import { createClient } from "sandpiper";

const client = createClient({ baseUrl: ${JSON.stringify(baseUrl)} });
const { job_id: id } = await client.submit(${what});
for await (const { stream, data } of client.logs(id)) process[stream].write(data);
console.log(await client.wait(id), await client.outputs(id));
`;
};

/** JSON text is Python too, but for these three words, which no string of ours is made of. */
const pythonOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([name, member]) => `${JSON.stringify(name)}: ${pythonOf(member)}`)
      .join(", ")}}`;
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null ? "None" : JSON.stringify(value);
};

const python = (project: Project, baseUrl: string): string => {
  const submission = submissionOf(project);
  const url = JSON.stringify(`${baseUrl}/submit`);
  const body =
    "files" in submission
      ? `    files=[("files", (path, open(path, "rb"))) for path in ${pythonOf(project.files.map(({ path }) => path))}],
    data={"manifest": json.dumps(${pythonOf(manifestOf(project))})},`
      : `    json=${pythonOf(submission)},`;
  const imports = "files" in submission ? "import json\n\nimport requests" : "import requests";
  return `${imports}

answer = requests.post(
    ${url},
    headers={"Prefer": "wait=60"},
${body}
)
answer.raise_for_status()
run = answer.json()
print(run["status"], run["stdout"], run["stderr"], sep="\\n")
`;
};

const WRITERS = { curl, TypeScript: typescript, Python: python };
export type SnippetKind = keyof typeof WRITERS;
export const SNIPPETS = Object.keys(WRITERS) as SnippetKind[];

/** The same run as a program of one's own would ask for it. Files that were dropped are named, not included. */
export const snippetOf = (kind: SnippetKind, project: Project, baseUrl: string): string =>
  WRITERS[kind](project, baseUrl);
