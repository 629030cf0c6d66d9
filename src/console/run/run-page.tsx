import { useEffect, useState } from "preact/hooks";
import { LogView } from "../log/log-view.tsx";
import { route } from "../route.ts";
import { baseUrl } from "../shared/api.ts";
import { inBackground } from "../shared/background.ts";
import { useNow } from "../shared/clock.ts";
import { CredentialsForm } from "../shared/credentials.tsx";
import { Deliveries } from "../shared/show.tsx";
import { CopyAs } from "./copy.tsx";
import { droppedFiles } from "./dropped.ts";
import { Files } from "./files.tsx";
import { CaseResults, Compiler } from "./judged.tsx";
import { loadLanguages } from "./languages.ts";
import { Outputs } from "./outputs.tsx";
import { addFiles, project } from "./project.ts";
import { RecentRuns } from "./recent-runs.tsx";
import { isUnderWay, log, open, refusedUntilMs, report, runId, start, stop } from "./session.ts";
import { EnvironmentChoice, Inputs, LanguageChoice, loadEnvironments } from "./settings.tsx";
import { Status } from "./status.tsx";

const RunButtons = () => {
  const now = useNow(refusedUntilMs.value !== 0);
  const isRefused = refusedUntilMs.value > now;
  const isEmpty = project.value.files.length === 0;
  return (
    <>
      <button
        type="button"
        class="main"
        disabled={isUnderWay.value || isRefused || isEmpty}
        title="Ctrl-Enter"
        onClick={() => inBackground(start())}
      >
        Run
      </button>
      <button type="button" disabled={!isUnderWay.value} onClick={() => inBackground(stop())}>
        Stop
      </button>
    </>
  );
};

const onKey = (event: KeyboardEvent): void => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
  event.preventDefault();
  inBackground(start());
};

/** Dropping anywhere on the page adds files; the browser would open them in its place. */
const useDrop = (): boolean => {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
      setOver(true);
    };
    const leave = ({ relatedTarget }: DragEvent): void => {
      if (relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer !== null) inBackground(droppedFiles(event.dataTransfer).then(addFiles));
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  return isOver;
};

/** Write, run, watch, take what was made. */
export const RunPage = () => {
  const { id } = route.value;
  const isDropping = useDrop();
  useEffect(() => open(id), [id]);
  useEffect(() => {
    inBackground(loadEnvironments());
    // Until an executor answers, the page offers what each of them has.
    inBackground(loadLanguages().catch(() => undefined));
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const address = runId.value === "" ? null : `${baseUrl}/logs/${runId.value}?format=text`;
  return (
    <main class={`run-page${isDropping ? " dropping" : ""}`}>
      <h1 class="visually-hidden">Run a program</h1>
      <div class="column">
        <div class="bar toolbar">
          <LanguageChoice />
          <EnvironmentChoice />
          <RunButtons />
        </div>
        <Files />
        <Inputs />
        <CopyAs />
        <RecentRuns />
        <CredentialsForm onChange={() => inBackground(loadEnvironments())} />
      </div>
      <div class="column">
        <Status />
        <Compiler />
        <LogView log={log.value} wholeLog={address} placeholder="What the program prints appears here." />
        <CaseResults />
        <Outputs />
        <Deliveries webhooks={report.value?.webhooks} />
      </div>
    </main>
  );
};
