/** What a language starts with; the first line of each says what the run page can do. */
export type Sample = { readonly path: string; readonly text: string };

const SAMPLES: Record<string, Sample> = {
  python: {
    path: "main.py",
    text: `# Files that the program writes into its folder are its outputs.
import sys

print("Hello from Python", sys.version.split()[0])
with open("hello.txt", "w") as out:
    out.write("Hello\\n")
`,
  },
  javascript: {
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
  dash: {
    path: "main.sh",
    text: `# Files that the program writes into its folder are its outputs.
echo "Hello from sh"
echo Hello > hello.txt
`,
  },
  c: {
    path: "main.c",
    text: `#include <stdio.h>

int main(void) {
  puts("Hello from C");
  return 0;
}
`,
  },
  cpp: {
    path: "main.cpp",
    text: `#include <iostream>

int main() {
  std::cout << "Hello from C++\\n";
}
`,
  },
  java: {
    path: "Main.java",
    text: `public class Main {
  public static void main(String[] arguments) {
    System.out.println("Hello from Java");
  }
}
`,
  },
};

/** What a language starts with: an empty file of its usual name where there is nothing better. */
export const sampleOf = (language: string, sourceFile = ""): Sample | null =>
  SAMPLES[language] ?? (sourceFile === "" ? null : { path: sourceFile, text: "" });

/** Whether a text is a sample as it came, which may be replaced by another without asking. */
export const isSample = (text: string): boolean =>
  text === "" || Object.values(SAMPLES).some((one) => one.text === text);
