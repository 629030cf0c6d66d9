import type { Programs } from "./types.ts";

const shell: Programs = {
  hello: "echo OK\n",
  sum: 'read a b\necho "$((a + b)) é"\n',
  malformed: "if then fi )\n",
  failing: "exit 3\n",
};

export const scriptPrograms: Readonly<Record<string, Programs>> = {
  bash: shell,
  dash: shell,
  python: {
    hello: 'print("OK")\n',
    sum: 'print(sum(map(int, input().split())), "é")\n',
    malformed: "def broken(:\n",
    failing: 'raise SystemExit("on purpose")\n',
  },
  javascript: {
    hello: 'console.log("OK");\n',
    sum: 'const [a, b] = require("fs").readFileSync(0, "utf8").split(" ").map(Number);\nconsole.log(`${a + b} é`);\n',
    malformed: "const = ;\n",
    failing: "process.exit(3);\n",
  },
  ruby: {
    hello: 'puts "OK"\n',
    sum: 'require "set"\nputs "#{gets.split.map(&:to_i).sum} é"\n',
    malformed: "def broken(\n",
    failing: "exit 3\n",
  },
  php: {
    hello: '<?php echo "OK\\n";\n',
    sum: '<?php fscanf(STDIN, "%d %d", $a, $b); echo $a + $b, " é\\n";\n',
    malformed: "<?php function (\n",
    failing: "<?php exit(3);\n",
  },
  perl: {
    hello: 'print "OK\\n";\n',
    sum: 'use List::Util qw(sum); print sum(split " ", <STDIN>), " é\\n";\n',
    malformed: "sub broken {\n",
    failing: "exit 3;\n",
  },
  lua: {
    hello: 'print("OK")\n',
    sum: 'local a, b = io.read("n", "n")\nprint(a + b .. " é")\n',
    malformed: "function broken(\n",
    failing: "os.exit(3)\n",
  },
  tcl: {
    hello: "puts OK\n",
    sum: 'fconfigure stdout -encoding utf-8\nlassign [split [gets stdin]] a b\nputs "[expr {$a + $b}] \\u00e9"\n',
    malformed: "puts {\n",
    failing: "exit 3\n",
  },
  awk: {
    hello: 'BEGIN { print "OK" }\n',
    sum: '{ print $1 + $2, "é" }\n',
    malformed: "BEGIN { print ( }\n",
    failing: "BEGIN { exit 3 }\n",
  },
  r: {
    hello: 'cat("OK\\n")\n',
    sum: 'numbers <- scan(file("stdin"), quiet = TRUE)\ncat(sum(numbers), "é\\n")\n',
    malformed: "broken <- function( {\n",
    failing: "quit(status = 3)\n",
  },
  sqlite: {
    hello: "select 'OK';\n",
    // The shell reads the program from stdin, so it has no input of its own.
    sum: "select (2 + 40) || ' é';\n",
    malformed: ".bail on\nselect from where;\n",
    failing: ".bail on\nselect * from no_such_table;\n",
  },
  raku: {
    hello: 'say "OK";\n',
    sum: 'say get.words.sum ~ " é";\n',
    malformed: "sub broken( {\n",
    failing: "exit 3;\n",
  },
  octave: {
    hello: 'disp("OK")\n',
    sum: 'numbers = fscanf(stdin, "%d %d");\nprintf("%d é\\n", sum(numbers));\n',
    malformed: "function broken(\n",
    failing: "exit(3)\n",
  },
  forth: {
    hello: ".( OK) cr\n",
    sum: 'create buffer 80 allot\n: add buffer 80 stdin read-line throw drop buffer swap evaluate + 0 .r ."  é" cr ;\nadd\n',
    malformed: "no-such-word\n",
    failing: "3 (bye)\n",
  },
  brainfuck: {
    hello: "++++++++[>++++++++++<-]>-.----.>++++++++++.\n",
    // The first digit is added to the last one; this interpreter writes nothing but ASCII.
    sum: ",>,>,>,>++++++[<<<<-------->>>>-]<<<<[->>>+<<<]>>.>.",
    sumShown: "42",
    malformed: "+[\n",
    // Nothing that the language has can fail.
    failing: null,
  },
  "emacs-lisp": {
    hello: '(princ "OK\\n")\n',
    sum: '(let ((numbers (mapcar #\'string-to-number (split-string (read-string "")))))\n  (princ (format "%d é\\n" (apply #\'+ numbers))))\n',
    malformed: "(princ\n",
    failing: "(kill-emacs 3)\n",
  },
};
