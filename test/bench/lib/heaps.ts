import { WebSocket } from "ws";

/** What one isolate of the runtime holds in live JavaScript objects, and behind its ArrayBuffers. */
export type Heap = {
  readonly isolate: string;
  readonly usedBytes: number;
  readonly backingBytes: number;
};

type Target = { readonly id: string; readonly webSocketDebuggerUrl: string };
type Usage = { readonly usedSize: number; readonly backingStorageSize: number };

/** A snapshot may take this long. */
const ANSWER_MS = 60_000;

/** A conversation with one isolate, in Chrome's protocol. */
const talk = async (url: string) => {
  const socket = new WebSocket(url, { maxPayload: 0 });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  let last = 0;
  const ask = <T>(method: string): Promise<T> => {
    last += 1;
    const id = last;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${method}: no answer`)), ANSWER_MS);
      const hear = (data: Buffer): void => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: T; error?: unknown };
        if (answer.id !== id) return;
        socket.off("message", hear);
        clearTimeout(late);
        if (answer.error === undefined) resolve(answer.result as T);
        else reject(new Error(`${method}: ${JSON.stringify(answer.error)}`));
      };
      socket.on("message", hear);
      socket.send(JSON.stringify({ id, method }));
    });
  };
  return { ask, close: () => socket.terminate() };
};

/**
 * What every isolate behind the inspector on a port holds, without its garbage: a snapshot collects it first. Its
 * text goes nowhere, as the sums already tell whose memory it is.
 */
export const heapsAt = async (port: number): Promise<Heap[]> => {
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
  const heaps: Heap[] = [];
  for (const { id, webSocketDebuggerUrl } of (await answer.json()) as Target[]) {
    const isolate = await talk(webSocketDebuggerUrl);
    await isolate.ask("HeapProfiler.takeHeapSnapshot");
    const { usedSize, backingStorageSize } = await isolate.ask<Usage>("Runtime.getHeapUsage");
    heaps.push({ isolate: id, usedBytes: usedSize, backingBytes: backingStorageSize });
    isolate.close();
  }
  return heaps;
};
