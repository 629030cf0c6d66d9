import type { RunReport } from "../../wire/run-answers.ts";
import { isConnected } from "../shared/api.ts";
import { useNow } from "../shared/clock.ts";
import { secondsText, sizeText } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { verdictText } from "./judged.tsx";
import {
  phase,
  position,
  problem,
  refusedUntilMs,
  reopen,
  report,
  runId,
  sentPart,
  startedAtMs,
  used,
} from "./session.ts";

const REASONS: Record<string, string> = {
  timeout_wall: "stopped: its time was over",
  timeout_cpu: "stopped: its CPU time was used up",
  memory: "stopped: it used too much memory",
  output_limit: "stopped: it printed too much",
  cancelled: "stopped",
  signal: "killed by a signal",
};

const verdictOf = ({
  exit_code: code,
  termination_reason: reason,
  reason_message: message,
  verdict,
}: RunReport): string => {
  if (verdict !== undefined && verdict !== null) return verdictText(verdict);
  if (reason === "exit" || reason === null) return code === 0 ? "Completed" : `Failed with exit code ${code}`;
  return `Failed, ${REASONS[reason] ?? message ?? reason}`;
};

const headline = (): string => {
  switch (phase.value) {
    case "idle":
      return "Ready";
    case "sending":
      return `Sending ${Math.round(sentPart.value * 100)} %`;
    case "queued":
      return position.value > 0 ? `Waiting, number ${position.value} in the queue` : "Waiting";
    case "running":
      return report.value?.cancel_requested ? "Stopping" : "Running";
    case "lost":
      return "Lost";
    case "ended":
      return report.value === null ? "Ended" : verdictOf(report.value);
  }
};

const Figure = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);

const Figures = () => {
  const latest = report.value;
  const now = useNow(phase.value === "running");
  if (latest === null) return null;
  const isOver = phase.value === "ended";
  const cpuSeconds = isOver ? latest.cpu_seconds : (used.value?.cpu_seconds ?? null);
  const memoryBytes = isOver ? latest.memory_bytes : (used.value?.memory_peak_bytes ?? null);
  const seconds = isOver ? latest.wall_time : (now - (startedAtMs.value ?? now)) / 1_000;
  return (
    <dl class="figures">
      <Figure name="Time" value={secondsText(Math.max(0, seconds))} />
      {cpuSeconds !== null && <Figure name="CPU" value={secondsText(cpuSeconds)} />}
      {memoryBytes !== null && <Figure name="Memory" value={sizeText(memoryBytes)} />}
      {latest.attempts > 1 && <Figure name="Attempt" value={String(latest.attempts)} />}
    </dl>
  );
};

/** Counts down until the service takes another run. */
const Refusal = () => {
  const until = refusedUntilMs.value;
  const now = useNow(until !== 0);
  const seconds = Math.ceil((until - now) / 1_000);
  if (until === 0 || seconds <= 0) return null;
  return (
    <p class="note" role="timer">
      The next run is possible in {seconds} s.
    </p>
  );
};

const toneOf = (): string => {
  if (phase.value === "lost" || problem.value !== "") return "bad";
  if (phase.value !== "ended") return "";
  return report.value?.status === "completed" ? "good" : "bad";
};

/** Where the run stands. */
export const Status = () => (
  <section class={`status ${toneOf()}`} aria-label="State of the run">
    <div class="bar">
      <p class="headline" role="status">
        {headline()}
      </p>
      <Figures />
      {phase.value === "lost" && runId.value !== "" && (
        <button type="button" onClick={reopen}>
          Connect again
        </button>
      )}
    </div>
    {!isConnected.value && (phase.value === "queued" || phase.value === "running") && (
      <p class="note" role="status">
        The connection is lost; the run goes on, and its output is fetched as soon as there is one.
      </p>
    )}
    <Problem text={problem.value} />
    <Refusal />
    {report.value?.truncated && <p class="note">The program printed more than is kept.</p>}
  </section>
);
