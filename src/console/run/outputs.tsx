import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RunOutputs } from "../../wire/run-answers.ts";
import { baseUrl, client, messageOf } from "../shared/api.ts";
import { inBackground } from "../shared/background.ts";
import { sizeText } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { Preview } from "./preview.tsx";
import { phase, runId } from "./session.ts";

type Entry = RunOutputs["file_details"][number];

const entries = signal<readonly Entry[]>([]);
const failure = signal("");
const open = signal<string | null>(null);

const PREVIEWED = /^(image\/|text\/)|\/(json|javascript|csv)$/;

const load = async (id: string, aborted: AbortSignal): Promise<void> => {
  try {
    const { file_details: files } = await client.value.outputs(id, { signal: aborted });
    entries.value = files;
    open.value = files.find(({ mime_type }) => PREVIEWED.test(mime_type))?.name ?? null;
  } catch (error) {
    if (!aborted.aborted) failure.value = messageOf(error);
  }
};

const addressOf = ({ download_url: url }: Entry): string =>
  `${baseUrl}${url.replace(/^\/download\//, "/outputs/")}`;

const OutputRow = ({ entry }: { readonly entry: Entry }) => (
  <li>
    <button
      type="button"
      class="name"
      aria-expanded={open.value === entry.name}
      onClick={() => {
        open.value = open.value === entry.name ? null : entry.name;
      }}
    >
      {entry.name}
    </button>
    <span class="faint">{sizeText(entry.size)}</span>
    <a href={addressOf(entry)} download={entry.name.split("/").at(-1)} aria-label={`Download ${entry.name}`}>
      Download
    </a>
    {open.value === entry.name && <Preview id={runId.value} path={entry.name} mime={entry.mime_type} />}
  </li>
);

/** The files that the run made, once it has ended. */
export const Outputs = () => {
  const id = phase.value === "ended" ? runId.value : "";
  useEffect(() => {
    const controller = new AbortController();
    entries.value = [];
    failure.value = "";
    open.value = null;
    if (id !== "") inBackground(load(id, controller.signal));
    return () => controller.abort();
  }, [id]);
  if (id === "") return null;
  return (
    <section class="outputs" aria-label="Files that the program made">
      <div class="bar">
        <h2>Files</h2>
        {entries.value.length > 0 && (
          <a href={`${baseUrl}/download/${id}`} download={`${id}.tar.gz`}>
            Take all, and delete the run
          </a>
        )}
      </div>
      <Problem text={failure.value} />
      {entries.value.length === 0 && failure.value === "" && <p class="note">The program made no files.</p>}
      <ul>
        {entries.value.map((entry) => (
          <OutputRow key={entry.name} entry={entry} />
        ))}
      </ul>
    </section>
  );
};
