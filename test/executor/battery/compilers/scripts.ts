import type { CompilerProbe } from "./probe.ts";

const script = (probe: Omit<CompilerProbe, "language">): CompilerProbe => ({
  language: "multi-file",
  ...probe,
});

/** Attacks by a compile step that may start whatever it likes. */
export const scriptProbes: readonly CompilerProbe[] = [
  script({
    attack: "leaves files outside of its folder for its program to find",
    source: "echo secret >/tmp/left; echo secret >/dev/shm/left; echo kept >kept",
    run: "cat /tmp/left /dev/shm/left 2>/dev/null; cat kept",
    compile: ["ok"],
    stdout: "kept\n",
  }),
  script({
    attack: "leaves a process behind for its program to meet",
    source: "(setsid sleep 60 &) ; (trap '' TERM; while :; do echo x; sleep 0.1; done >/dev/null &) ; true",
    run: "ls -d /proc/[0-9]* | wc -l",
    compile: ["ok"],
    stdout: /^[345]\n$/,
  }),
  script({
    attack: "leaves links to the machine's files",
    source: "ln -s /etc/shadow link; ln -s / root; ln -s ../../.. up; echo x >kept; ln kept hard",
    run: "ls; cat link 2>/dev/null; cat hard",
    compile: ["ok"],
    never: /root:/,
    stdout: "compile\nhard\nkept\nrun\nx\n",
  }),
  script({
    attack: "leaves devices, pipes and sockets",
    source:
      "mkfifo pipe; mknod zero c 1 5; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")'; true",
    run: "ls",
    compile: ["ok"],
    stdout: "compile\nrun\n",
  }),
  script({
    attack: "leaves a program that would run as another user",
    source: "cp /bin/bash own; chmod 6777 own; mkdir d; chmod 7777 d",
    run: "stat -c %a own d",
    compile: ["ok"],
    stdout: "755\n755\n",
  }),
  script({
    attack: "leaves names that no file has",
    source: "touch \"$(printf 'a\\nb')\" \"$(printf 'c\\001')\" \"$(printf '\\377')\" 'back\\slash' -- -rf",
    run: "ls -A",
    compile: ["ok"],
    stdout: "-rf\ncompile\nrun\n",
  }),
  script({
    attack: "leaves more than an artifact may have",
    source: "head -c 70000000 /dev/zero >large",
    compile: ["output_limit"],
    also: ({ compiled }) => {
      if (!compiled?.output.endsWith("Compilation output is too large.\n"))
        throw new Error("nothing says so");
    },
  }),
  script({
    attack: "leaves more files than an artifact may have",
    source: "for i in $(seq 3000); do : >f$i; done",
    compile: ["output_limit"],
  }),
  script({
    attack: "fills its disk up",
    source: "cat /dev/zero >full; cat /dev/zero >/tmp/full; exit 1",
    compile: ["error", "memory_limit"],
  }),
  script({
    attack: "forks without end",
    source: "f() { f | f & }; f; sleep 1; exit 1",
    compile: ["error", "time_limit"],
  }),
  script({
    attack: "takes all memory",
    source: "python3 -c 'x = bytearray(2 * 10**9)'",
    compile: ["error", "memory_limit"],
  }),
  script({
    attack: "computes for ever",
    source: "while :; do :; done",
    compile: ["time_limit"],
    also: ({ compiled }) => {
      if (compiled?.output !== "Compilation time limit exceeded.\n") throw new Error("nothing says so");
    },
  }),
  script({ attack: "sleeps for ever", source: "sleep 1000", compile: ["time_limit"] }),
  script({
    attack: "floods its text",
    source: "head -c 50000000 /dev/zero | tr '\\0' x; exit 0",
    run: "echo ran",
    compile: ["ok"],
    stdout: "ran\n",
  }),
  script({
    attack: "looks for artifacts and the cache of others",
    source:
      "find / -xdev \\( -name '*sandpiper*' -o -name '*executor*' \\) -not -path '/proc/*' 2>/dev/null; ls /var /root /home 2>/dev/null; true",
    run: "find / -name '*sandpiper*' -not -path '/proc/*' 2>/dev/null; true",
    compile: ["ok"],
    never: /sandpiper|executor/,
    stdout: "",
  }),
  script({
    attack: "calls the machine and the network",
    source:
      "exec 3<>/dev/tcp/127.0.0.1/22 && echo reached; exec 3<>/dev/tcp/1.1.1.1/53 && echo reached; true",
    run: "echo ran",
    compile: ["ok", "error"],
    never: /^reached/m,
  }),
  script({
    attack: "ends its launcher",
    source: "kill -9 1; kill -9 $PPID; echo alive",
    run: "echo ran",
    compile: ["ok", "error"],
  }),
  script({
    attack: "becomes root, or takes namespaces of its own",
    source: "unshare -Ur id && echo became; su -c id && echo became; true",
    run: "true",
    compile: ["ok"],
    never: /^became/m,
  }),
  script({
    attack: "changes the layer that others compile with",
    source:
      "echo evil >/usr/bin/gcc && echo changed; touch /usr/include/x.h && echo changed; touch /etc/x && echo changed; true",
    run: "true",
    compile: ["ok"],
    never: /^changed/m,
  }),
  script({
    attack: "hands its program's input and what is expected of it over",
    source: "cat; env; cat /proc/*/cmdline /proc/*/environ 2>/dev/null; true",
    run: "cat",
    compile: ["ok"],
    never: /expected-of-it/,
  }),
  script({
    attack: "leaves shared memory for its program to find",
    source: `cat >shared.c <<'END'
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>
int main(int count, char **words) {
  int id = shmget(0x5a5a, 4096, count > 1 ? IPC_CREAT | 0666 : 0);
  if (id < 0) return puts("nothing"), 0;
  char *at = shmat(id, 0, 0);
  if (count > 1) strcpy(at, words[1]);
  else puts(at);
}
END
gcc -o shared shared.c && ./shared secret`,
    run: "./shared",
    compile: ["ok"],
    stdout: "nothing\n",
  }),
  script({
    attack: "leaves a program that looks for what is expected of it in every process, descriptor and file",
    source: "true",
    run: `cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null
for open in /proc/[0-9]*/fd/*; do [ -f "$open" ] && head -c 100000 "$open"; done 2>/dev/null
for map in /proc/[0-9]*/maps; do grep -l 'expected-of-i[t]' "\${map%maps}mem" 2>/dev/null; done
grep -rl 'expected-of-i[t]' /tmp /job /dev/shm /etc /var /run 2>/dev/null
echo looked`,
    compile: ["ok"],
    never: /expected-of-it/,
    stdout: /looked\n$/,
  }),
];
