import { LogView } from "../log/log-view.tsx";
import { secondsText } from "../shared/format.ts";
import { caseResults, compile, compileLog, report } from "./session.ts";

const WORDS: Record<string, string> = {
  accepted: "Accepted",
  wrong_answer: "Wrong answer",
  time_limit: "Time limit",
  memory_limit: "Memory limit",
  output_limit: "Output limit",
  runtime_error: "Runtime error",
  compile_error: "Compile error",
  internal_error: "Internal error",
  skipped: "Skipped",
};

/** A verdict in words. */
export const verdictText = (verdict: string): string => WORDS[verdict] ?? verdict;

const COMPILED: Record<string, string> = {
  ok: "Compiled",
  error: "Could not be compiled",
  time_limit: "The compiler took too long",
  memory_limit: "The compiler used too much memory",
  output_limit: "The compiler made too much",
};

/** What the compiler said, apart from the program's own output. */
export const Compiler = () => {
  const { value: done } = compile;
  const { value: text } = compileLog;
  // Draws again when the compiler has said more.
  if (text.drawn.value === 0 && done === null) return null;
  return (
    <section aria-label="Compiler">
      {done !== null && (
        <p class="note" role="status">
          {COMPILED[done.status] ?? done.status} in {secondsText(done.wall_time_ms / 1_000)}
          {done.cached ? ", as before" : ""}
        </p>
      )}
      {!text.isEmpty && <LogView log={text} wholeLog={null} placeholder="" name="Compiler's output" />}
    </section>
  );
};

/** The verdict of each case as it comes. */
export const CaseResults = () => {
  const results = caseResults.value;
  const total = report.value?.cases?.total ?? results.length;
  if (results.length === 0) return null;
  const accepted = results.filter(({ verdict }) => verdict === "accepted").length;
  return (
    <section aria-label="Cases">
      <div class="bar">
        <h2>Cases</h2>
        <span role="status">
          {accepted} of {total} accepted
        </span>
      </div>
      <ol class="rows">
        {results.map(({ index, id, verdict, wall_time_ms: wallMs, stdout }) => (
          <li key={index}>
            <details>
              <summary>
                <span class={verdict === "accepted" ? "good" : "bad"}>{verdictText(verdict)}</span>{" "}
                <span class="faint">
                  case {/^\d+$/.test(id) ? Number(id) + 1 : id}, {secondsText(wallMs / 1_000)}
                </span>
              </summary>
              <pre class="json">{stdout ?? ""}</pre>
            </details>
          </li>
        ))}
      </ol>
    </section>
  );
};
