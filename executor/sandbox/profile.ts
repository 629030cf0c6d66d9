import {
  INPUT_ENTRIES,
  OUTPUT_FILE_BYTES,
  SANDBOX_OPEN_FILES,
  SANDBOX_PROCESSES,
  SANDBOX_TMP_BYTES,
} from "../../src/wire/limits.ts";
import { launcherScript } from "./launcher.ts";
import { etcFiles, SANDBOX_ID } from "./own-etc.ts";
import type { SharedFiles } from "./shared-files.ts";

/** The folder of the job inside every sandbox. */
export const JOB_FOLDER = "/job";
/** Where node is found in every sandbox, wherever the machine keeps it. */
const NODE_FOLDER = "/opt/node/bin";
export const BASE_PATH = `${NODE_FOLDER}:/usr/local/bin:/usr/bin:/bin`;
const PAGE_BYTES = 4_096;
const SHM_BYTES = 64 * 1024 * 1024;
/** Ids above those that systems hand out; one for each sandbox, so that no two can touch each other. */
export const FIRST_UID = 60_001;
/** A backstop for each process; the job's own CPU limit is lower and covers the whole tree. */
const CPU_BACKSTOP_SECONDS = 3_600;

/** Where the shell that runs the launcher is found in every sandbox: a copy that may not be read. */
const LAUNCHER_SHELL = "/opt/launcher/bash";

/** Fixed numbers of bubblewrap's descriptors, the files of /etc from the last on; the launcher names its own. */
export const descriptors = { seccomp: 3, etc: 9 } as const;

/** What the machine allows; found once at start by trying. */
export interface Machine {
  readonly level: 0 | 1 | 2;
  readonly isRoot: boolean;
  /** `--disable-userns` needs a writable /proc/sys, which containers do not have; seccomp covers it. */
  readonly disableUserns: boolean;
  readonly shared: SharedFiles;
}

/** What is fixed when a sandbox starts, and so what a warm one must match. */
export interface Shape {
  readonly workspaceBytes: number;
  /** Folder on the host whose `usr` and `etc` stand in for the machine's; null leaves the machine's. */
  readonly root: string | null;
  /** Read-only folder on the host that holds the environment, its place in the sandbox, and Node's modules there. */
  readonly layer: {
    readonly source: string;
    readonly target: string;
    readonly nodeModules: string | null;
  } | null;
}

const bind = (from: string, to = from): string[] => ["--ro-bind", from, to];
const bindIfThere = (path: string): string[] => ["--ro-bind-try", path, path];
const tmpfs = (path: string, bytes: number): string[] => [
  ...["--perms", "0700", "--size", String(bytes)],
  ...["--tmpfs", path],
];

/**
 * Memory for so much content: limits count bytes, and the last page of every file that an upload may have holds some
 * for nothing.
 */
const pagesFor = (contentBytes: number): number => contentBytes + INPUT_ENTRIES * PAGE_BYTES;

/** Everything unshared, nothing kept. */
const isolationFlags = (machine: Machine): string[] => [
  ..."--unshare-user --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try".split(" "),
  ...(machine.disableUserns ? ["--disable-userns"] : []),
  ..."--die-with-parent --new-session --as-pid-1 --cap-drop ALL --hostname sandbox".split(" "),
  ...["--uid", String(SANDBOX_ID), "--gid", String(SANDBOX_ID)],
];

const systemFlags = (root: string | null): string[] => [
  ...bind(`${root ?? ""}/usr`, "/usr"),
  ..."--symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64".split(" "),
  ..."--symlink usr/sbin /sbin".split(" "),
  ...(root === null
    ? ["--dir", "/etc", ...bindIfThere("/etc/ld.so.cache"), ...bindIfThere("/etc/alternatives")]
    : bind(`${root}/etc`, "/etc")),
];

/**
 * Copied from descriptors: a file that is bound tells in mountinfo where the machine keeps it. In an /etc that is
 * itself bound, a copy has to be laid over what is there.
 */
const ownEtc = (root: string | null): string[] =>
  etcFiles.flatMap((name, index) => [
    ...["--perms", "0444", root === null ? "--file" : "--ro-bind-data"],
    ...[String(descriptors.etc + index), `/etc/${name}`],
  ]);

/** Imports of ES modules know no search path: they look upwards from the program, so at last in the root folder. */
const layerFlags = (layer: Shape["layer"]): string[] => {
  if (layer === null) return [];
  const { source, target, nodeModules } = layer;
  return [
    ...bind(source, target),
    ...(nodeModules === null ? [] : ["--symlink", nodeModules, "/node_modules"]),
  ];
};

const fileFlags = (machine: Machine, shape: Shape): string[] => [
  ...systemFlags(shape.root),
  ...bind(machine.shared.nodePath, `${NODE_FOLDER}/node`),
  ...["--symlink", "/usr/bin/python3", `${NODE_FOLDER}/python`],
  ...bind(machine.shared.shellPath, LAUNCHER_SHELL),
  ...ownEtc(shape.root),
  ...layerFlags(shape.layer),
  ...["--proc", "/proc"],
  ...bind("/proc/sys"),
  ...["--dev", "/dev", "--size", String(SHM_BYTES), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
  ...tmpfs(JOB_FOLDER, pagesFor(shape.workspaceBytes)),
  ...tmpfs("/tmp", SANDBOX_TMP_BYTES),
  ...["--remount-ro", "/"],
];

const bubblewrap = (machine: Machine, shape: Shape): string[] => [
  "bwrap",
  ...isolationFlags(machine),
  ...fileFlags(machine, shape),
  ...["--chdir", JOB_FOLDER, "--clearenv", "--setenv", "PATH", BASE_PATH, "--setenv", "LC_ALL", "C"],
  ...["--seccomp", String(descriptors.seccomp), "--"],
];

/**
 * Set inside the sandbox, by the shell itself: processes are counted per user namespace, so the count starts
 * at none. bash takes file sizes and locked memory in KiB.
 */
const resourceLimits = ({ workspaceBytes }: Shape): string => {
  const fileKib = Math.ceil(Math.max(OUTPUT_FILE_BYTES, workspaceBytes) / 1_024);
  const limits = `-u ${SANDBOX_PROCESSES} -t ${CPU_BACKSTOP_SECONDS} -f ${fileKib} -n ${SANDBOX_OPEN_FILES}`;
  return `ulimit ${limits} -c 0 -l 64 -q 0 || exit 125`;
};

/**
 * The whole command that becomes one sandbox, ready to take orders: it enters the namespaces, where the launcher is
 * the first process. Whoever starts it has joined the groups and dropped to an id of its own (bubblewrap started by
 * root is no sandbox).
 */
export const launchCommand = (
  machine: Machine,
  shape: Shape,
  directFolder: string | null,
): readonly string[] => [
  ...(machine.level === 0 ? [] : bubblewrap(machine, shape)),
  ...[
    machine.level === 0 ? machine.shared.shellPath : LAUNCHER_SHELL,
    "-c",
    `${resourceLimits(shape)}\n${launcherScript}`,
    "launcher",
  ],
  ...[directFolder ?? JOB_FOLDER, machine.level === 0 ? "shared-pids" : "own-pids"],
];
