/**
 * What runs in the sandbox around the program: it waits for its orders, lays the inputs out, runs the
 * program as a child that holds none of its descriptors, ends whatever the program left behind, and packs
 * the job's folder. It is the first process of the sandbox: it reaps orphans, and the kernel lets nobody in
 * there kill or stop it. The signals that a shell catches anyway do nothing.
 *
 * Descriptors: 5 orders, stdin's text and the input archive, one after the other; 6 output archive;
 * 7 records for the executor, each `\1 ... \0`; 8 the executor's word that it sent the whole archive, because
 * tar takes one that breaks off for a complete one, and behind it a live stdin. The shell's own stderr goes to 7 as well, because the only
 * thing it writes there is its notice that the program was killed by a signal: that is how a program that
 * exits with 137 is told from one that was killed.
 *
 * `$1` is the job's folder, `$2` is `own-pids` where `kill -1` reaches the sandbox's processes only. There the program leads a process
 * group of its own, so that `kill -- -$$` and its kin work: a shell makes one for what it starts in the background under
 * job control, which is off again while it waits, or a program that stops itself would count as ended. Signals with a trap
 * would end that `wait` early, so they are ignored, and back to their defaults in the program. Elsewhere, the launcher's group is
 * what ends all.
 * Where data is limited, a thread's stack counts in full: without a limit of its own it is 2 MiB instead of 8.
 * Everything is a builtin but head, tar and env, so that a short job pays for few processes; the shell itself makes
 * the program's environment where it holds no variable that means something to the shell. A few small
 * text files come with the orders and are written by the shell itself; if the folder holds exactly them in
 * the end, there is nothing to pack. What tar leaves out without a word, because it cannot be read or is a socket,
 * is told in records. Their content is compared, because a job can set any time on a file.
 */
export const launcherScript = `
cd "$1" || exit 125
caught='HUP INT QUIT TERM USR1 USR2 ALRM PIPE XCPU XFSZ VTALRM'
trap '' $caught
exec 9>&2 2>&7
printf '\\1ready\\0' >&7
IFS= read -r -d '' n <&5 || exit 0
mapfile -u 5 -d '' -t -n "$n" s
if (( s[0] > 0 )); then
  head -c "\${s[0]}" <&5 >/tmp/.stdin && exec 0</tmp/.stdin && rm /tmp/.stdin || exit 125
fi
refuse() { printf '\\1refused\\0' >&7; exit 125; }
plain=0
if [[ \${s[1]} == archive ]]; then
  tar -xmf - --no-same-owner <&5 2>/dev/null || refuse
  printf '\\1unpacked\\0' >&7
  IFS= read -r -d '' go <&8 || exit 125
else
  plain=\${s[1]}
  for (( i = 0; i < plain; i++ )); do printf %s "\${s[9 + 2 * i]}" >"\${s[8 + 2 * i]}" || refuse; done
fi
pack() { tar --format=gnu --hard-dereference -C "$1/\${s[2]}" -cf - . 2>/dev/null >&6; }
tell_left() {
  (cd "$1/\${s[2]}" && find . \\( -type s -o -type f ! -readable -o -type d \\( ! -readable -o ! -executable \\) \\) ! -path '*[[:cntrl:]]*' -printf '%y%P\\0') 2>/dev/null | {
    mapfile -n 100000 -d '' -t left
    (( \${#left[@]} > 0 )) || exit 0
    printf '\\1left %s\\0' "\${#left[@]}" >&7
    for name in "\${left[@]:0:20}"; do printf '\\1left %s\\0' "\${name:0:200}" >&7; done
  }
}
untouched() {
  local i name want have files
  shopt -s dotglob nullglob
  files=(*)
  (( \${#files[@]} == plain )) && [[ \${s[2]} == . ]] || return 1
  for (( i = 0; i < plain; i++ )); do
    name=\${s[8 + 2 * i]} want=\${s[9 + 2 * i]} have=
    [[ -f $name && ! -L $name && -r $name ]] || return 1
    IFS= read -r -d '' -n "$(( \${#want} + 1 ))" have <"$name" && return 1
    [[ $have == "$want" ]] || return 1
  done
}
begin() {
  if (( s[7] == 0 )); then exec env -i "\${s[@]:8 + 2 * plain}"; fi
  export -n PATH LC_ALL PWD OLDPWD SHLVL _
  export "\${s[@]:8 + 2 * plain:s[7]}"
  exec "\${s[@]:8 + 2 * plain + s[7]}"
}
if [[ \${s[0]} == live ]]; then exec 0<&8; fi
exec 5<&- 8<&-
printf '\\1started\\0' >&7
program() {
  trap - $caught
  ulimit -d "\${s[3]}"; [[ \${s[3]} == unlimited ]] || ulimit -s unlimited; ulimit -t "\${s[4]}"
  [[ -z \${s[5]} ]] || ulimit \${s[5]} || exit 125
  [[ \${s[6]} == apart ]] || exec 2>&1
  begin
}
if [[ $2 == own-pids ]]; then
  set -m
  (program) 2>&9 6>&- 7>&- 9>&- &
  set +m
  wait $!
else
  (program) 2>&9 6>&- 7>&- 9>&-
fi
rc=$?
printf '\\1exited %s ' "$rc" >&7
times >&7
printf '\\0' >&7
if [[ $2 == own-pids ]]; then kill -KILL -1 2>/dev/null; fi
[[ -z \${s[2]} ]] || untouched || { tell_left "$1"; pack "$1"; }
exit "$rc"
`;

/** A file that the launcher can write without help: no NUL, and short, since it reads byte by byte. */
export interface PlainFile {
  readonly name: string;
  readonly content: Buffer;
}

const NUL = Buffer.of(0);

/** What the launcher is told about one program. */
export interface Orders {
  /** What the program reads, or that it reads what comes while it runs; then its inputs are an archive. */
  readonly stdin: Buffer | "live";
  /** Small files for the top of the job's folder, or an archive that follows the orders. */
  readonly inputs: "archive" | readonly PlainFile[];
  /** Folder to pack, relative to the job's folder; empty packs nothing. */
  readonly outputRoot: string;
  /** RLIMIT_DATA of each process, the only guard of memory where there are no cgroups. */
  readonly dataLimitBytes: number | null;
  readonly cpuLimitSeconds: number;
  /** Further limits as the shell's `ulimit` takes them; empty sets none. */
  readonly furtherLimits: string;
  /** stderr is the same pipe as stdout. */
  readonly joinsStderr: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

/** Names that a shell takes for variables, and that mean nothing to bash or the C library while it starts the program. */
const PLAIN_VARIABLE = /^[A-Z][A-Z0-9_]*$/;
const SHELLS_OWN =
  /^(?:BASH.*|COMP.*|HIST.*|OPT.*|EPOCH.*|LC_.*|LD_.*|DIRSTACK|ENV|EUID|FUNCNAME|GLOBIGNORE|GROUPS|IFS|LINENO|OLDPWD|PIPESTATUS|POSIXLY_CORRECT|PPID|PWD|RANDOM|REPLY|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID)$/;

/** Whether the shell can start it without `env`: its variables are plain, and its name is searched for. */
const shellCanStart = ({ environment, argv }: Pick<Orders, "environment" | "argv">): boolean =>
  Object.keys(environment).every((name) => PLAIN_VARIABLE.test(name) && !SHELLS_OWN.test(name)) &&
  /^[a-z0-9]+$/.test(argv[0] ?? "");

/** The orders as the launcher reads them: a count, then that many strings, each ended by NUL; then stdin. */
export const encodeOrders = (orders: Orders): Buffer => {
  const files = orders.inputs === "archive" ? [] : orders.inputs;
  const fields = [
    orders.stdin === "live" ? "live" : String(orders.stdin.length),
    orders.inputs === "archive" ? "archive" : String(files.length),
    orders.outputRoot,
    orders.dataLimitBytes === null ? "unlimited" : String(Math.floor(orders.dataLimitBytes / 1024)),
    String(orders.cpuLimitSeconds),
    orders.furtherLimits,
    orders.joinsStderr ? "joined" : "apart",
    String(shellCanStart(orders) ? Object.keys(orders.environment).length : 0),
    ...files.flatMap(({ name, content }) => [name, content]),
    ...Object.entries(orders.environment).map(([name, value]) => `${name}=${value}`),
    ...orders.argv,
  ];
  const ended = [String(fields.length), ...fields].flatMap((field) => [Buffer.from(field), NUL]);
  return Buffer.concat(orders.stdin === "live" ? ended : [...ended, orders.stdin]);
};

/** What the launcher says, in this order; `refused` ends it. */
export type LauncherRecord =
  | { readonly kind: "ready" }
  | { readonly kind: "refused" }
  | { readonly kind: "unpacked" }
  | { readonly kind: "started" }
  /** How many entries are left out of the archive without a word, and then the first of them. */
  | { readonly kind: "left"; readonly count: number }
  | { readonly kind: "left-out"; readonly type: string; readonly name: string }
  | {
      readonly kind: "exited";
      readonly status: number;
      /** Whether the shell noticed a signal; it keeps silent about SIGINT, SIGPIPE and SIGTERM. */
      readonly noticed: boolean;
      /** Time of the program and of the children that it waited for. */
      readonly waitedCpuUs: number;
    };

/** All records of a launcher together stay far below this, the shell's notice of a signal included. */
const RECORDS_BYTES = 8_192;
const RECORD_BYTES = 300;

const TIME = String.raw`(\d{1,7})m(\d{1,2}\.\d{3})s`;
/** The status, then the two lines of the builtin `times`: the shell's own, and all waited-for children's. */
const EXITED = new RegExp(`^exited (\\d{1,3}) ${TIME} ${TIME}\\n${TIME} ${TIME}\\n$`);

const microseconds = (minutes: string | undefined, seconds: string | undefined): number =>
  Math.round((Number(minutes) * 60 + Number(seconds)) * 1e6);

const parseRecord = (text: string, noticed: boolean): LauncherRecord | null => {
  if (text === "ready" || text === "refused" || text === "unpacked" || text === "started") {
    return { kind: text };
  }
  const count = /^left (\d{1,6})$/.exec(text)?.[1];
  if (count !== undefined) return { kind: "left", count: Number(count) };
  const [, type, name] = /^left ([a-z])(.*)$/s.exec(text) ?? [];
  if (type !== undefined && name !== undefined)
    return { kind: "left-out", type, name: Buffer.from(name, "latin1").toString() };
  const parts = EXITED.exec(text);
  const status = Number(parts?.[1]);
  if (parts === null || status > 255) return null;
  const waitedCpuUs = microseconds(parts[6], parts[7]) + microseconds(parts[8], parts[9]);
  return { kind: "exited", status, noticed, waitedCpuUs };
};

/**
 * Splits the record stream. It is trusted no more than the program itself: what no launcher says, or more than
 * one ever says, is told once by `onForged`, and nothing is read after it.
 */
export const createRecordReader = (
  onRecord: (record: LauncherRecord) => void,
  onForged: () => void,
): ((chunk: Buffer) => void) => {
  let pending = "";
  let totalBytes = 0;
  let noticed = false;
  let isForged = false;
  const take = (part: string): void => {
    const start = part.lastIndexOf("\x01");
    noticed ||= start > 0;
    const text = part.slice(start + 1);
    const record = start < 0 || text.length > RECORD_BYTES ? null : parseRecord(text, noticed);
    if (record === null) isForged = true;
    else onRecord(record);
  };
  return (chunk) => {
    if (isForged) return;
    totalBytes += chunk.length;
    isForged = totalBytes > RECORDS_BYTES;
    const parts = isForged ? [] : (pending + chunk.toString("latin1")).split("\0");
    pending = parts.pop() ?? "";
    for (const part of parts) if (!isForged) take(part);
    if (isForged) onForged();
  };
};
