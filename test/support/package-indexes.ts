import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";

const WRITE_ZIP = `
import json, sys, warnings, zipfile
warnings.simplefilter("ignore")
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:
    for name, text, times in json.load(sys.stdin): archive.writestr(name, text * times)
`;

export interface Archive {
  readonly file: string;
  readonly content: Buffer;
  /** What an index says of it besides, as `data-yanked="why"`. */
  readonly said?: string;
  /** It is asked for, and never comes. */
  readonly isHeld?: boolean;
}

export const sha256 = ({ content }: Archive): string => createHash("sha256").update(content).digest("hex");

/** Contents by path; a pair is a text and how often it stands there; a list, so that names may come twice. */
type Files = readonly (readonly [path: string, text: string, times?: number])[];

const VERSION = "1.0";

/** A wheel as a build tool makes it, of version 1.0, with these files beside its own. */
export const wheel = (
  folder: string,
  name: string,
  files: Files,
  { tag = "py3-none-any", requires = "", metadata = { name, version: VERSION } } = {},
): Archive => {
  const file = `${name}-${VERSION}-${tag}.whl`;
  const info = `${name}-${VERSION}.dist-info`;
  const needs = requires === "" ? "" : `Requires-Dist: ${requires}\n`;
  const all: Files = [
    ...files,
    [
      `${info}/METADATA`,
      `Metadata-Version: 2.1\nName: ${metadata.name}\nVersion: ${metadata.version}\n${needs}`,
    ],
    [`${info}/WHEEL`, `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n`],
    [`${info}/RECORD`, files.map(([path]) => `${path},,\n`).join("")],
  ];
  execFileSync("/usr/bin/python3", ["-c", WRITE_ZIP, join(folder, file)], {
    input: JSON.stringify(all.map(([path, text, times = 1]) => [path, text, times])),
  });
  return { file, content: readFileSync(join(folder, file)) };
};

export const tarGz = async (file: string, files: Files): Promise<Archive> => {
  const tar = pack();
  for (const [name, text, times = 1] of files) tar.entry({ name }, text.repeat(times));
  tar.finalize();
  return { file, content: gzipSync(await buffer(tar)) };
};

/** What a lock file says of an archive at an index. */
export const locked = (version: string, archive: Archive, url: string) => ({
  version,
  resolved: `${url}/at/${archive.file}`,
  integrity: `sha512-${createHash("sha512").update(archive.content).digest("base64")}`,
});

export interface Index {
  readonly url: string;
  readonly close: () => void;
  /** Every path that was asked for. */
  readonly asked: readonly string[];
}

const listen = (server: Server, asked: readonly string[]): Promise<Index> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${port}`,
        asked,
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });

/** Serves archives to pip (`/simple/NAME/`) and to npm by their file's name. */
export const serveArchives = (archives: readonly Archive[]): Promise<Index> => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    asked.push(path);
    const found = archives.find(({ file }) => path.endsWith(`/${file}`));
    if (found?.isHeld) return;
    if (found !== undefined) return response.end(found.content);
    const project = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    const links = archives
      .filter(({ file }) => file.toLowerCase().replaceAll("_", "-").startsWith(`${project}-`))
      .map((one) => `<a ${one.said ?? ""} href="/files/${one.file}#sha256=${sha256(one)}">${one.file}</a>`);
    if (links.length === 0) return response.writeHead(404).end();
    return response.writeHead(200, { "content-type": "text/html" }).end(links.join("\n"));
  });
  return listen(server, asked);
};

/** Runs the command that builds environments into `folder`, against this index alone. */
export const environments = (
  args: readonly string[],
  {
    folder,
    url = "http://127.0.0.1:9",
    more = {},
  }: { folder: string; url?: string; more?: Readonly<Record<string, string>> },
): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      EXECUTOR_ENVIRONMENTS_DIR: folder,
      PIP_INDEX_URL: `${url}/simple/`,
      PIP_CACHE_DIR: join(folder, ".pip"),
      npm_config_registry: `${url}/`,
      npm_config_cache: join(folder, ".npm"),
      ...more,
    };
    const done = (error: Error | null, stdout: string, stderr: string): void =>
      resolve({ code: error === null ? 0 : 1, stdout, stderr });
    execFile(process.execPath, ["executor/environments/build.ts", ...args], { env }, done);
  });
