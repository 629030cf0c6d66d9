import type { CallToolResult, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { formatSize, mimeType } from "../../../domain/runs/output-kinds.ts";
import { encodedPath } from "../../../domain/runs/outputs-body.ts";
import { utf8Text } from "../../../domain/strict-json.ts";
import type { OutputFile } from "../../../wire/report.ts";
import { readBytes } from "../../kit/body.ts";
import { outputKey } from "../../runs/output-file.ts";
import { type AgentCall, jobId, runOf, unknownRun } from "../call.ts";
import { toolError } from "../run-answer.ts";

/** Images that models take; an SVG is text. */
const IMAGES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const IMAGE_BYTES = 4 * 1_048_576;
const TEXT_BYTES = 65_536;
const BINARY_BYTES = 262_144;
/** An image is whole or nothing; of the rest a piece is read, and a few bytes for a character that it cuts. */
const CUT_BYTES = 3;

const base64 = (bytes: Uint8Array): string => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
};

/** How files of the kinds of images begin; a client may choke on what only has the name of one. */
const BEGINNINGS = ["\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a"];
const isImage = (bytes: Uint8Array): boolean => {
  const beginning = String.fromCharCode(...bytes.subarray(0, 12));
  const isWebp = beginning.startsWith("RIFF") && beginning.endsWith("WEBP");
  return isWebp || BEGINNINGS.some((form) => beginning.startsWith(form));
};

/** Text of a piece whose ends may cut a character; null where it is not text. */
const textOf = (bytes: Uint8Array, cutAtStart: number): string | null => {
  for (let start = 0; start <= cutAtStart; start += 1) {
    for (let cut = 0; cut <= CUT_BYTES; cut += 1) {
      const text = utf8Text(bytes.subarray(start, Math.max(start, bytes.length - cut)));
      if (text !== null && !text.includes("\0")) return text;
    }
  }
  return null;
};

type Piece = { readonly bytes: Uint8Array; readonly offset: number };

const contentOf = (file: OutputFile, { bytes, offset }: Piece, uri: string): CallToolResult => {
  const mime = mimeType(file.path);
  if (IMAGES.has(mime) && bytes.length === file.sizeBytes && isImage(bytes))
    return { content: [{ type: "image", data: base64(bytes), mimeType: mime }] };
  const shown = bytes.subarray(0, TEXT_BYTES);
  const text = textOf(shown, offset === 0 ? 0 : CUT_BYTES);
  const end = offset + shown.length;
  const rest = `${file.path} has ${file.sizeBytes} bytes; offset=${end} goes on. All of it: ${uri}`;
  if (text !== null) {
    const isWhole = end >= file.sizeBytes;
    const notes = isWhole ? [] : [{ type: "text" as const, text: rest }];
    return { content: [{ type: "text", text }, ...notes] };
  }
  if (bytes.length < file.sizeBytes)
    return toolError(`${file.path} is binary and has ${formatSize(file.sizeBytes)}. Fetch it: ${uri}`);
  return { content: [{ type: "resource", resource: { uri, mimeType: mime, blob: base64(bytes) } }] };
};

const found = async (call: AgentCall, id: string, path: string) => {
  const snapshot = (await runOf(call, id)?.snapshot()) ?? null;
  const file = snapshot?.result?.outputs.find((output) => output.path === path);
  const key = snapshot === null || file === undefined ? null : outputKey(snapshot, file);
  return { snapshot, file, key };
};

const addListOutputs = (server: McpServer, call: AgentCall): void => {
  const entry = z.object({ path: z.string(), size_bytes: z.int(), mime_type: z.string(), url: z.string() });
  server.registerTool(
    "list_outputs",
    {
      title: "List the files that a run made",
      description:
        "The files that a run made or changed, with their sizes; there are none until it has ended.",
      inputSchema: z.object({ job_id: jobId }),
      outputSchema: z.object({ files: z.array(entry) }),
      annotations: { readOnlyHint: true },
    },
    async ({ job_id: id }) => {
      const snapshot = (await runOf(call, id)?.snapshot()) ?? null;
      if (snapshot === null) return unknownRun();
      const files = (snapshot.result?.outputs ?? []).map(({ path, sizeBytes }) => ({
        path,
        size_bytes: sizeBytes,
        mime_type: mimeType(path),
        url: urlOf(call, snapshot.id, path),
      }));
      const lines = files.map((one) => `${one.path} (${formatSize(one.size_bytes)}, ${one.mime_type})`);
      const none = snapshot.result === null ? "The run has not ended." : "The run made no files.";
      const text = lines.length === 0 ? none : lines.join("\n");
      return { content: [{ type: "text", text }], structuredContent: { files } };
    },
  );
};

const urlOf = ({ deps }: AgentCall, id: string, path: string): string =>
  `${deps.publicUrl}/outputs/${id}/${encodedPath(path)}`;

/** The tools that read what a run made. */
export const addOutputTools = (server: McpServer, call: AgentCall): void => {
  addListOutputs(server, call);
  server.registerTool(
    "read_output",
    {
      title: "Read a file that a run made",
      description:
        "An image as an image, text as text (64 KiB at a time, from `offset`), and other files up to 256 KiB whole.",
      inputSchema: z.object({
        job_id: jobId,
        path: z.string(),
        offset: z.int().nonnegative().default(0).meta({ description: "First byte to read of a long text." }),
      }),
      annotations: { readOnlyHint: true },
    },
    async ({ job_id: id, path, offset }) => {
      const { snapshot, file, key } = await found(call, id, path);
      if (snapshot === null) return unknownRun();
      if (file === undefined || key === null)
        return toolError("The run made no such file; list_outputs names those that it made.");
      const mayBeImage = IMAGES.has(mimeType(path)) && file.sizeBytes <= IMAGE_BYTES;
      const start = Math.min(offset, file.sizeBytes);
      const length = Math.min(file.sizeBytes - start, mayBeImage ? IMAGE_BYTES : BINARY_BYTES);
      const stored = length === 0 ? null : await call.deps.bucket.get(key, { offset: start, length });
      const bytes = (await readBytes(stored?.body ?? null, length)) ?? new Uint8Array();
      return contentOf(file, { bytes, offset: start }, urlOf(call, snapshot.id, path));
    },
  );
};
