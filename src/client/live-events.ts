import { SandpiperError } from "./error.ts";
import type { LiveEnd, LiveSource } from "./live.ts";
import { parsedFrame } from "./live-frame.ts";
import type { Transport } from "./transport.ts";

const DATA = "data: ";

/** The data of each event; this service writes every event's data in one line. */
async function* dataOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const reader = body.getReader();
  const text = new TextDecoder();
  let open = "";
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (open + text.decode(value, { stream: true })).split("\n");
      open = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith(DATA)) yield line.slice(DATA.length);
    }
  } finally {
    await reader.cancel();
  }
}

const endOf = (cause: unknown): LiveEnd => {
  const isOfRequest = cause instanceof SandpiperError && cause.status >= 400 && cause.status < 500;
  if (!isOfRequest || cause.status === 429) return { kind: "cut", cause };
  if (cause.code === "job_not_found") return { kind: "no_such_job" };
  throw cause;
};

/** A run's Server-Sent Events, which tell the same frames as its socket and pass where no upgrade does. */
export const eventSource = ({ request }: Transport, path: string): LiveSource =>
  async function* (after, signal) {
    try {
      const response = await request({
        path: `${path}?after=${after}`,
        headers: { Accept: "text/event-stream" },
        ...(signal === undefined ? {} : { signal }),
      });
      if (response.body === null) return { kind: "cut", cause: new Error("the events have no body") };
      for await (const data of dataOf(response.body)) yield parsedFrame(data);
      return { kind: "cut", cause: new Error("the events ended before the run") };
    } catch (error) {
      signal?.throwIfAborted();
      return endOf(error);
    }
  };
