import { z } from "zod";
import { defineWorkload } from "../../domain/workloads/define.ts";

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
  return { sizeBytes, sha256: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
};

/** An example of a function in the queue consumer: it streams, so gigabytes pass through little memory. */
export const sha256File = defineWorkload({
  path: "files/checksum/sha256",
  entity: "in.co.example",
  summary: "Size and SHA-256 of a file of up to 5 GiB",
  params: z.strictObject({ label: z.string().max(100).default("") }),
  inputs: { file: { description: "Any file." } },
  outputs: { "checksum.json": { contentType: "application/json" } },
  process: {
    kind: "function",
    timeoutSeconds: 840,
    run: async ({ params, inputs, outputs, log, progress, signal }) => {
      const { file } = inputs;
      log(`${file.sizeBytes} bytes of ${file.contentType}`);
      const result = await digestOf(await file.open(), signal, (total) => progress(total / file.sizeBytes));
      const report = { label: params.label, size_bytes: result.sizeBytes, sha256: result.sha256 };
      await outputs["checksum.json"].write(`${JSON.stringify(report)}\n`);
    },
  },
});
