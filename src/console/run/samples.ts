/** What a language starts with; the first line of each says what the run page can do. */
export type Sample = { readonly path: string; readonly text: string };

const SAMPLES: Record<string, Sample> = {
  python3: {
    path: "main.py",
    text: `# Files that the program writes into its folder are its outputs.
import sys

print("Hello from Python", sys.version.split()[0])
with open("hello.txt", "w") as out:
    out.write("Hello\\n")
`,
  },
  node: {
    path: "index.js",
    text: `// Files that the program writes into its folder are its outputs.
const { writeFileSync } = require("node:fs");

console.log("Hello from Node", process.version);
writeFileSync("hello.txt", "Hello\\n");
`,
  },
  bash: {
    path: "run.sh",
    text: `# Files that the program writes into its folder are its outputs.
echo "Hello from Bash $BASH_VERSION"
echo Hello > hello.txt
`,
  },
  sh: {
    path: "run.sh",
    text: `# Files that the program writes into its folder are its outputs.
echo "Hello from sh"
echo Hello > hello.txt
`,
  },
};

export const sampleOf = (language: string): Sample | null => SAMPLES[language] ?? null;

/** Whether a text is a sample as it came, which may be replaced by another without asking. */
export const isSample = (text: string): boolean => Object.values(SAMPLES).some((one) => one.text === text);
