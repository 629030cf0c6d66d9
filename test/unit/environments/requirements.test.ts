import { describe, expect, it } from "vitest";
import { readRequirements } from "../../../executor/environments/requirements.ts";

const hash = `--hash=sha256:${"ab".repeat(32)}`;
const read = (text: string) => readRequirements("requirements.txt", text);
const problem = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
};

describe("a requirements file", () => {
  it("is read as tools that pin write it", () => {
    const { names, lines } = read(
      [
        "# made by a tool",
        "--index-url http://127.0.0.1:9/simple",
        "numpy==2.1.0 \\",
        `    ${hash} \\`,
        `    ${hash}  # via pandas`,
        `Pillow[extra]==11.0 ; python_version >= "3.9" ${hash}`,
        `scikit_learn===1.5.0+cpu ${hash}\r`,
        "",
      ].join("\n"),
    );
    expect(names).toEqual(["numpy", "Pillow", "scikit_learn"]);
    expect(lines).toHaveLength(4);
  });

  it.each([
    ["numpy==1.0", 1, "has no hash"],
    [`a==1 ${hash}\n\n# b\nb==2\n`, 4, "has no hash"],
    [`a==1 \\\n  ${hash}\nb==2 \\\n  # nothing`, 3, "has no hash"],
    [`numpy ${hash}`, 1, "pinned"],
    [`numpy>=1 ${hash}`, 1, "pinned"],
    [`numpy==1.* ${hash}`, 1, "pinned"],
    [`numpy==1,<2 ${hash}`, 1, "pinned"],
    [`numpy==1 --global-option=x ${hash}`, 1, "pinned"],
    [`numpy==1 --hash=md5:${"a".repeat(32)}`, 1, "sha256"],
    ["numpy==1 --hash=sha256:abc", 1, "sha256"],
    [`numpy @ https://example.com/numpy-1.tar.gz ${hash}`, 1, "address"],
    [`git+https://example.com/x.git#egg=x ${hash}`, 1, ""],
    [`./folder ${hash}`, 1, "only pinned"],
    [`/tmp/x.whl ${hash}`, 1, "only pinned"],
    ["-e .", 1, "only pinned"],
    ["-r other.txt", 1, "only pinned"],
    ["--find-links /tmp", 1, "only pinned"],
    [`a_b==1 ${hash}\nA-B==1 ${hash}`, 2, "on line 1 already"],
  ])("is refused by its line: %j", (text, line, says) => {
    expect(problem(text)).toContain(`requirements.txt, line ${line}: `);
    expect(problem(text)).toContain(says);
  });

  it("is refused when it names nothing", () => {
    expect(problem("# nothing\n--index-url http://x/\n")).toContain("names no package");
  });
});
