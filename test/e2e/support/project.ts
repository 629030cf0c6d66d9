import type { Tree } from "./archives.ts";

/**
 * The same small project in three languages: it reads `data/measurements.csv` (some megabytes) with a
 * module from a subfolder, prints its progress, and writes two files and a folder.
 */
export type Language = "python3" | "node" | "bash";

const ROWS = 300_000;
const VALUES = 997;
const valueAt = (row: number): number => (row * 7_919) % VALUES;

const measurements = Buffer.from(
  Array.from({ length: ROWS }, (_, row) => `${row},${valueAt(row)}\n`).join(""),
);

const python = {
  "main.py": `
import os, sys, time
from lib.stats import counts
steps = int(os.environ["STEPS"])
for step in range(steps):
    print(f"step {step + 1} of {steps}", flush=True)
    time.sleep(float(sys.argv[1]))
with open("data/measurements.csv") as lines:
    found = counts(lines)
with open("summary.txt", "w") as out:
    out.write(f"rows {sum(found.values())}\\nsum {sum(v * n for v, n in found.items())}\\n")
with open("counts.csv", "w") as out:
    out.writelines(f"{v},{found[v]}\\n" for v in sorted(found))
os.makedirs("parts/low")
for digit in range(3):
    with open(f"parts/low/{digit}.bin", "wb") as out:
        out.write(bytes([digit]) * 1000)
print("done")
`,
  "lib/stats.py": `
from collections import Counter
def counts(lines):
    return Counter(int(line.split(",")[1]) for line in lines)
`,
};

const node = {
  "index.js": `
const fs = require("node:fs");
const { counts } = require("./lib/stats.js");
const { setTimeout: sleep } = require("node:timers/promises");
const main = async () => {
  const steps = Number(process.env.STEPS);
  for (let step = 1; step <= steps; step++) {
    console.log(\`step \${step} of \${steps}\`);
    await sleep(Number(process.argv[2]) * 1000);
  }
  const found = [...counts(fs.readFileSync("data/measurements.csv", "utf8"))].sort((a, b) => a[0] - b[0]);
  const rows = found.reduce((total, [, n]) => total + n, 0);
  const sum = found.reduce((total, [v, n]) => total + v * n, 0);
  fs.writeFileSync("summary.txt", \`rows \${rows}\\nsum \${sum}\\n\`);
  fs.writeFileSync("counts.csv", found.map(([v, n]) => \`\${v},\${n}\\n\`).join(""));
  fs.mkdirSync("parts/low", { recursive: true });
  for (const digit of [0, 1, 2]) fs.writeFileSync(\`parts/low/\${digit}.bin\`, Buffer.alloc(1000, digit));
  console.log("done");
};
main();
`,
  "lib/stats.js": `
exports.counts = (text) => {
  const found = new Map();
  for (const line of text.trimEnd().split("\\n")) {
    const value = Number(line.slice(line.indexOf(",") + 1));
    found.set(value, (found.get(value) ?? 0) + 1);
  }
  return found;
};
`,
};

const bash = {
  "run.sh": `
set -euo pipefail
. lib/stats.sh
for step in $(seq "$STEPS"); do
  echo "step $step of $STEPS"
  sleep "$1"
done
counts data/measurements.csv > counts.csv
rows=0 sum=0
while IFS=, read -r value n; do
  rows=$((rows + n)) sum=$((sum + value * n))
done < counts.csv
printf 'rows %d\\nsum %d\\n' "$rows" "$sum" > summary.txt
mkdir -p parts/low
for digit in 0 1 2; do
  head -c 1000 /dev/zero | tr '\\0' "\\\\$digit" > "parts/low/$digit.bin"
done
echo done
`,
  "lib/stats.sh": `
counts() { cut -d, -f2 "$1" | sort -n | uniq -c | while read -r n value; do echo "$value,$n"; done; }
`,
};

const sources: Record<Language, Readonly<Record<string, string>>> = { python3: python, node, bash };

export const projectOf = (language: Language): Tree =>
  new Map([
    ...Object.entries(sources[language]).map(([name, text]) => [name, Buffer.from(text)] as const),
    ["data/measurements.csv", measurements],
  ]);

const expectedCounts = (): Map<number, number> => {
  const found = new Map<number, number>();
  for (let row = 0; row < ROWS; row += 1) found.set(valueAt(row), (found.get(valueAt(row)) ?? 0) + 1);
  return found;
};

/** Every file that a run of the project makes, whatever its language. */
export const projectResults = (): Tree => {
  const found = [...expectedCounts()].sort(([a], [b]) => a - b);
  const sum = found.reduce((total, [value, n]) => total + value * n, 0);
  return new Map([
    ["counts.csv", Buffer.from(found.map(([value, n]) => `${value},${n}\n`).join(""))],
    ...[0, 1, 2].map((digit) => [`parts/low/${digit}.bin`, Buffer.alloc(1_000, digit)] as const),
    ["summary.txt", Buffer.from(`rows ${ROWS}\nsum ${sum}\n`)],
  ]);
};

/** What a run with that many steps prints. */
export const projectLog = (steps: number): string =>
  `${Array.from({ length: steps }, (_, step) => `step ${step + 1} of ${steps}\n`).join("")}done\n`;
