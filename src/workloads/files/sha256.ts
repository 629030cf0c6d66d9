import { z } from "zod";
import { hexOf } from "../../domain/hex.ts";
import { defineWorkload } from "../../domain/workloads/define.ts";

const MIB = 1_048_576;

/** Feeds one stream to a digest and counts it, at its own pace. */
const digestOf = async (
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  onBytes: (total: number) => void,
): Promise<{ sizeBytes: number; sha256: string }> => {
  const digest = new crypto.DigestStream("SHA-256");
  const writer = digest.getWriter();
  let sizeBytes = 0;
  for await (const chunk of stream) {
    signal.throwIfAborted();
    sizeBytes += chunk.length;
    await writer.write(chunk);
    onBytes(sizeBytes);
  }
  await writer.close();
  const bytes = new Uint8Array(await digest.digest);
  return { sizeBytes, sha256: hexOf(bytes) };
};

/** The first word of a file as `sha256sum` writes it. */
const expectedHash = async (stream: ReadableStream<Uint8Array>): Promise<string> =>
  (await new Response(stream).text()).trim().split(/\s/)[0]?.toLowerCase() ?? "";

/** An example of a function in the queue consumer: it streams, so gigabytes pass through little memory. */
export const sha256File = defineWorkload({
  path: "files/checksum/sha256",
  entity: "in.co.example",
  summary: "Size and SHA-256 of a file of up to 5 GiB",
  description: "With `expected`, which is to be uploaded first, the job fails where the hash is another one.",
  params: z.strictObject({ label: z.string().max(100).default("") }),
  inputs: {
    file: { description: "Any file." },
    expected: {
      isRequired: false,
      contentTypes: ["text/plain", "application/octet-stream"],
      maxBytes: MIB,
      description: "A line as `sha256sum` writes it.",
    },
  },
  outputs: { "checksum.json": { contentType: "application/json" } },
  process: {
    kind: "function",
    timeoutSeconds: 840,
    run: async ({ params, inputs, outputs, log, progress, signal }) => {
      const { file, expected } = inputs;
      log(`${file.sizeBytes} bytes of ${file.contentType}`);
      const result = await digestOf(await file.open(), signal, (total) => progress(total / file.sizeBytes));
      const wanted = expected === null ? result.sha256 : await expectedHash(await expected.open());
      if (wanted !== result.sha256) throw new Error(`The SHA-256 is ${result.sha256}, not ${wanted}`);
      const report = { label: params.label, size_bytes: result.sizeBytes, sha256: result.sha256 };
      await outputs["checksum.json"].write(`${JSON.stringify(report)}\n`);
    },
  },
});
