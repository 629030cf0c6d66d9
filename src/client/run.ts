import type { RunReport } from "../wire/run-answers.ts";
import type { Manifest } from "../wire/run-submission.ts";
import type { Client, Download, SubmitOptions } from "./client.ts";
import type { Submission } from "./submission.ts";
import type { WaitOptions } from "./wait.ts";

/** Beside code that is given as text: what a manifest may say of it, such as `language` or `stdin`. */
export type RunOptions = SubmitOptions & Pick<WaitOptions, "timeoutMs"> & { readonly manifest?: Manifest };

export type RunOutput = {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Reads it as a stream. */
  download(): Promise<Download>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  text(): Promise<string>;
};

export type RunResult = {
  readonly id: string;
  /** Null where the program was killed; `report` says why. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: readonly RunOutput[];
  readonly report: RunReport;
};

const outputsOf = (client: Client, id: string, report: RunReport): RunOutput[] =>
  Object.values(report.output_files).map(({ path, size_bytes: sizeBytes, sha256 }) => {
    const download = () => client.download(id, path);
    const whole = async () => new Response((await download()).body);
    return {
      path,
      sizeBytes,
      sha256,
      download,
      bytes: async () => new Uint8Array(await (await whole()).arrayBuffer()),
      text: async () => (await whole()).text(),
    };
  });

const submissionOf = (program: string | Submission, manifest: Manifest = {}): Submission => {
  if (typeof program === "string") return { ...manifest, code: program };
  return "files" in program
    ? { ...program, manifest: { ...program.manifest, ...manifest } }
    : { ...program, ...manifest };
};

/** Submits, waits for the end however the run ends, and reads what it printed. @throws SandpiperError */
export const runToEnd = async (
  client: Client,
  program: string | Submission,
  { manifest, timeoutMs, ...submit }: RunOptions = {},
): Promise<RunResult> => {
  const { job_id: id } = await client.submit(submissionOf(program, manifest), submit);
  const call = submit.signal === undefined ? {} : { signal: submit.signal };
  const report = await client.wait(id, { ...call, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  const { stdout, stderr } = await client.printed(id, call);
  return { id, exitCode: report.exit_code, stdout, stderr, outputs: outputsOf(client, id, report), report };
};
