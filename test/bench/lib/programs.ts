export type Program = {
  readonly interpreter: "python3" | "node" | "bash";
  /** What runs it outside the service; the sandbox runs the same files. */
  readonly command: string;
  readonly file: string;
  readonly hello: string;
  /** Waits until its socket is surely open, then prints the time in epoch milliseconds. */
  readonly clock: string;
};

const PAUSE_SECONDS = 0.3;

export const programs: readonly Program[] = [
  {
    interpreter: "python3",
    command: "/usr/bin/python3",
    file: "main.py",
    hello: "print('hello')\n",
    clock: `import time\ntime.sleep(${PAUSE_SECONDS})\nprint(time.time() * 1000, flush=True)\ntime.sleep(0.1)\n`,
  },
  {
    interpreter: "node",
    command: process.execPath,
    file: "index.js",
    hello: "console.log('hello')\n",
    clock: `setTimeout(() => console.log(performance.timeOrigin + performance.now()), ${PAUSE_SECONDS * 1_000});\n`,
  },
  {
    interpreter: "bash",
    command: "/bin/bash",
    file: "run.sh",
    hello: "echo hello\n",
    clock: `sleep ${PAUSE_SECONDS}\nt=\${EPOCHREALTIME/[.,]/}\necho "\${t:0:13}.\${t:13}"\nsleep 0.1\n`,
  },
];
