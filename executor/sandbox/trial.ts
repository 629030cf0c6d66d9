import { encodeOrders } from "./launcher.ts";
import { BASE_PATH, JOB_FOLDER } from "./profile.ts";
import type { Sandbox } from "./sandbox.ts";

const TRIAL_MS = 10_000;
/** A group that holds on to a killed process is nothing to put jobs into. */
const CLEARING_MS = 2_000;
const COMPLAINT_CHARS = 300;
const DATA_LIMIT_BYTES = 2 ** 31;

/** Asks the kernel what holds the process, and calls what the filter must refuse. */
const script = `
grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status
setarch --addr-no-randomize true 2>/dev/null && echo 'Personality: changed' || echo 'Personality: refused'
node --version >/dev/null && echo 'Node: found'
`;

/** What a program saw of its own sandbox. */
export interface TrialResult {
  readonly started: boolean;
  readonly noCapabilities: boolean;
  readonly noNewPrivileges: boolean;
  readonly filtered: boolean;
  readonly refusesDeniedCall: boolean;
  readonly findsNode: boolean;
  readonly leavesNothing: boolean;
  /** What was written to standard error, such as bubblewrap's reason not to start. */
  readonly complaint: string;
}

const readOutput = async (sandbox: Sandbox) => {
  let text = "";
  sandbox.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  let complaint = "";
  sandbox.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString("utf8")).slice(0, COMPLAINT_CHARS);
  });
  sandbox.archive.resume();
  await sandbox.ended;
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), CLEARING_MS).unref());
  const leavesNothing = await Promise.race([sandbox.closed.then(() => true), late]);
  return { text, complaint: complaint.trim(), leavesNothing };
};

/** Runs one real program in a new sandbox and reads what it found there. */
export const tryOut = async (sandbox: Sandbox): Promise<TrialResult> => {
  const timer = setTimeout(sandbox.kill, TRIAL_MS);
  const output = readOutput(sandbox);
  sandbox.orders.end(
    encodeOrders({
      stdin: Buffer.alloc(0),
      inputs: [],
      outputRoot: ".",
      dataLimitBytes: DATA_LIMIT_BYTES,
      cpuLimitSeconds: 10,
      furtherLimits: "",
      joinsStderr: false,
      environment: { PATH: BASE_PATH, HOME: JOB_FOLDER },
      argv: ["bash", "-c", script],
    }),
  );
  const { text, complaint, leavesNothing } = await output;
  clearTimeout(timer);
  return {
    started: text.includes("Personality:"),
    noCapabilities: /^CapEff:\s*0+$/m.test(text),
    noNewPrivileges: /^NoNewPrivs:\s*1$/m.test(text),
    filtered: /^Seccomp:\s*2$/m.test(text),
    refusesDeniedCall: text.includes("Personality: refused"),
    complaint,
    findsNode: text.includes("Node: found"),
    leavesNothing,
  };
};
