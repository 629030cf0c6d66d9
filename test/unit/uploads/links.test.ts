import { describe, expect, it } from "vitest";
import { tarGz } from "./support/raw-tar.ts";
import { rawZip } from "./support/raw-zip.ts";
import { accepted, files, membersOf, multipart, read, refused } from "./support/submit.ts";

type Entry = { name: string; content?: string; link?: string; hard?: boolean };

/** The same tree as a tar.gz and as a zip; a zip knows no hard links. */
const forms: [string, (entries: Entry[]) => Promise<ReturnType<typeof files>>][] = [
  [
    "a tar.gz",
    async (entries) =>
      files(
        "p.tar.gz",
        await tarGz(
          entries.map(({ name, content, link, hard }) =>
            link === undefined
              ? { name, content: content ?? "" }
              : { name, type: hard ? "1" : "2", linkName: link },
          ),
        ),
      ),
  ],
  [
    "a zip",
    async (entries) =>
      files(
        "p.zip",
        rawZip(
          entries.map(({ name, content, link }) =>
            link === undefined
              ? { name, content: content ?? "" }
              : { name, content: link, central: { unixMode: 0o120777 } },
          ),
        ),
      ),
  ],
];

const linksIn = async (part: ReturnType<typeof files>) => {
  const result = await read(multipart([part]));
  const { entries } = accepted(result);
  const links = (await membersOf(result.tar)).flatMap(({ name, type, linkName }) =>
    type === "link" ? [[name, linkName]] : [],
  );
  return { entries, links: Object.fromEntries(links) };
};

describe.each(forms)("links in %s", (_form, pack) => {
  it("become what they point to, whatever stands first", async () => {
    const { links, entries } = await linksIn(
      await pack([
        { name: "alias.py", link: "./lib/../main.py" },
        { name: "main.py", content: "print(1)" },
        { name: "lib/x.py", content: "x = 1" },
        { name: "deep/er/up.py", link: "../../alias.py" },
      ]),
    );
    expect(links).toEqual({ "alias.py": "main.py", "deep/er/up.py": "main.py" });
    const at = (path: string) => entries.find((entry) => entry.path === path);
    expect(at("alias.py")).toEqual({ ...at("main.py"), path: "alias.py" });
  });

  it("to folders become folders with the same files", async () => {
    const { links } = await linksIn(
      await pack([
        { name: "lib/python/a.py", content: "1" },
        { name: "lib/b.py", link: "python/a.py" },
        { name: "lib64", link: "lib" },
        { name: "via.py", link: "lib64/b.py" },
      ]),
    );
    expect(links).toEqual({
      "lib/b.py": "lib/python/a.py",
      "lib64/python/a.py": "lib/python/a.py",
      "lib64/b.py": "lib/python/a.py",
      "via.py": "lib/python/a.py",
    });
  });

  it.each([
    ["/usr/bin/python3", "outside"],
    ["../../etc/passwd", "outside"],
    ["nowhere.py", "not in the upload"],
    ["bin/python", "circle"],
    ["../bin", "circle"],
  ])("to %s are refused by their name", async (target, reason) => {
    const part = await pack([
      { name: "main.py", content: "1" },
      { name: "bin/python", link: target === "bin/python" ? "python" : target },
    ]);
    const refusal = refused(await read(multipart([part])));
    expect(refusal).toMatchObject({ code: "bad_archive", field: "files" });
    expect(refusal.message).toContain('"bin/python" is a symbolic link');
    expect(refusal.message).toContain(reason);
  });

  it("that lead around in a circle are refused", async () => {
    const part = await pack([
      { name: "main.py", content: "1" },
      { name: "a", link: "b" },
      { name: "b", link: "a" },
    ]);
    expect(refused(await read(multipart([part]))).message).toContain("circle");
  });

  it("count as files", async () => {
    const part = await pack([
      { name: "d/a", content: "1" },
      { name: "d/b", content: "1" },
      ...Array.from({ length: 6 }, (_, index) => ({ name: `l${index}`, link: "d" })),
    ]);
    expect(refused(await read(multipart([part]), { limits: { entries: 12 } })).code).toBe("too_many_entries");
  });
});

describe("hard links in a tar.gz", () => {
  const [, pack] = forms[0] ?? [];
  it("become what they point to, from the archive's top", async () => {
    const part = await pack?.([
      { name: "p/main.py", content: "1" },
      { name: "p/again.py", link: "p/main.py", hard: true },
      { name: "p/long.py", link: `p/${"n".repeat(90)}.py`, hard: true },
      { name: `p/${"n".repeat(90)}.py`, content: "2" },
    ]);
    expect((await linksIn(part as never)).links).toEqual({
      "p/again.py": "p/main.py",
      "p/long.py": `p/${"n".repeat(90)}.py`,
    });
  });

  it("that leave the upload are refused by their name", async () => {
    const part = await pack?.([
      { name: "main.py", content: "1" },
      { name: "shadow", link: "/etc/shadow", hard: true },
    ]);
    expect(refused(await read(multipart([part as never]))).message).toContain('"shadow" is a hard link');
  });
});
