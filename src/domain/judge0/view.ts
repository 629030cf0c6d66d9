import type { JobSnapshot } from "../job/record.ts";
import { fromBase64, utf8ToBase64 } from "../judging/base64.ts";
import type { StoredCase } from "../ports/job-objects.ts";
import { mimeBase64 } from "./base64.ts";
import { TEXT_FIELDS } from "./fields.ts";
import { type Judge0Status, type Standing, standingOf, statusOf } from "./status.ts";
import type { Judge0Submission } from "./submission-record.ts";

const KIB = 1_024;
const COMPILE_ERROR = 6;
const FIRST_ENDED = 3;

/** All that is known of a submission. */
export type Seen = {
  readonly token: string;
  readonly submission: Judge0Submission;
  readonly snapshot: JobSnapshot;
  readonly cases: readonly StoredCase[];
};

/** What a member is shown as: bytes that may be asked for in base64, or a value as it is. */
type Member = { readonly bytes: Uint8Array | null } | { readonly value: unknown };

/** Seconds as text: at most three decimals, at least one. */
const secondsText = (seconds: number): string => {
  const rounded = String(Math.round(seconds * 1_000) / 1_000);
  return rounded.includes(".") ? rounded : `${rounded}.0`;
};

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length);

const notEmpty = (bytes: Uint8Array | null): Uint8Array | null =>
  bytes === null || bytes.length === 0 ? null : bytes;

const base64Bytes = (text: string | null): Uint8Array | null => (text === null ? null : fromBase64(text));
const utf8 = (text: string | null): Uint8Array | null =>
  text === null ? null : fromBase64(utf8ToBase64(text));
const dateText = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** What was measured, over all runs that were made; nothing before the end and for what did not compile. */
const measured = (ran: readonly StoredCase[], { statusId }: Standing): Record<string, Member> => {
  if (ran.length === 0 || statusId === COMPILE_ERROR || statusId < FIRST_ENDED)
    return { time: { value: null }, wall_time: { value: null }, memory: { value: null } };
  return {
    time: { value: secondsText(mean(ran.map(({ cpuSeconds }) => cpuSeconds))) },
    wall_time: { value: secondsText(mean(ran.map(({ wallTimeMs }) => wallTimeMs / 1_000))) },
    memory: { value: Math.round(mean(ran.map(({ memoryPeakBytes }) => memoryPeakBytes)) / KIB) },
  };
};

const asked = (submission: Judge0Submission): Record<string, Member> => {
  const { source_code, stdin, expected_output, additional_files, language_name, ...rest } = submission;
  const values = Object.entries(rest).map(([name, value]): [string, Member] => {
    const isSeconds = name.endsWith("_time_limit") || name === "cpu_extra_time" || name === "wall_time_limit";
    const isTime = isSeconds && typeof value === "number";
    return [name, { value: isTime ? secondsText(value) : value }];
  });
  const archive = base64Bytes(additional_files);
  return {
    ...Object.fromEntries(values),
    source_code: { bytes: base64Bytes(source_code) },
    stdin: { bytes: base64Bytes(stdin) },
    expected_output: { bytes: base64Bytes(expected_output) },
    additional_files: { value: archive === null ? null : mimeBase64(archive) },
    language: { value: { id: submission.language_id, name: language_name } },
    post_execution_filesystem: { value: null },
  };
};

/** The run that decides: the first that is not accepted, else the last. */
const countedOf = (ran: readonly StoredCase[]): StoredCase | null =>
  ran.find(({ verdict }) => verdict !== "accepted") ?? ran.at(-1) ?? null;

const membersOf = ({ token, submission, snapshot, cases }: Seen): Record<string, Member> => {
  const ran = cases.filter(({ verdict }) => verdict !== "skipped");
  const counted = countedOf(ran);
  const standing = standingOf(snapshot, counted, submission.cpu_time_limit);
  const shown = standing.statusId >= FIRST_ENDED && standing.statusId !== COMPILE_ERROR ? counted : null;
  const isOver = standing.statusId >= FIRST_ENDED;
  return {
    ...asked(submission),
    ...measured(ran, standing),
    token: { value: token },
    status_id: { value: standing.statusId },
    status: { value: statusOf(standing.statusId) },
    message: { bytes: utf8(standing.message) },
    exit_code: { value: standing.exitCode },
    exit_signal: { value: standing.exitSignal },
    stdout: { bytes: notEmpty(shown?.stdout ?? null) },
    stderr: { bytes: notEmpty(shown?.stderr ?? null) },
    compile_output: { bytes: isOver ? notEmpty(utf8(snapshot.compiled?.output ?? null)) : null },
    created_at: { value: dateText(snapshot.createdAtMs) },
    finished_at: { value: dateText(snapshot.finishedAtMs) },
  };
};

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The status of a submission. */
export const standOf = ({ submission, snapshot, cases }: Seen): Judge0Status => {
  const counted = countedOf(cases.filter(({ verdict }) => verdict !== "skipped"));
  return statusOf(standingOf(snapshot, counted, submission.cpu_time_limit).statusId);
};

/** The named members of a submission; null where one of them is no text and must be asked for in base64. */
export const viewOf = (
  seen: Seen,
  names: readonly string[],
  isBase64: boolean,
): Record<string, unknown> | null => {
  const members = membersOf(seen);
  const shown: Record<string, unknown> = {};
  try {
    for (const name of names) {
      const member = members[name] ?? { value: null };
      if ("value" in member) shown[name] = member.value;
      else if (member.bytes === null) shown[name] = null;
      else
        shown[name] =
          isBase64 && TEXT_FIELDS.has(name) ? mimeBase64(member.bytes) : strict.decode(member.bytes);
    }
  } catch {
    // Bytes that are not UTF-8: a TextDecoder has no other way to say so.
    return null;
  }
  return shown;
};
