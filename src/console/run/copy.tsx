import { useState } from "preact/hooks";
import { baseUrl } from "../shared/api.ts";
import { inBackground } from "../shared/background.ts";
import { project } from "./project.ts";
import { SNIPPETS, type SnippetKind, snippetOf } from "./snippets.ts";

/** The run as a program would ask for it; where the clipboard is closed to pages, the text can be selected. */
export const CopyAs = () => {
  const [kind, setKind] = useState<SnippetKind>("curl");
  const [copied, setCopied] = useState("");
  const text = snippetOf(kind, project.value, baseUrl);
  return (
    <details class="copy-as">
      <summary>Copy as</summary>
      <div class="bar">
        <fieldset class="segmented">
          <legend class="visually-hidden">Language of the copy</legend>
          {SNIPPETS.map((name) => (
            <button key={name} type="button" aria-pressed={kind === name} onClick={() => setKind(name)}>
              {name}
            </button>
          ))}
        </fieldset>
        <button
          type="button"
          onClick={() =>
            inBackground(
              navigator.clipboard.writeText(text).then(
                () => setCopied(text),
                () => setCopied(""),
              ),
            )
          }
        >
          {copied === text ? "Copied" : "Copy"}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard */}
      <section tabIndex={0} aria-label={`The run in ${kind}`}>
        <pre>{text}</pre>
      </section>
    </details>
  );
};
