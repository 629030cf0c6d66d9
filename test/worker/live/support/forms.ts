import type { LogRecord } from "../../../../src/client/index.ts";
import type { Client } from "../../support/client.ts";

/** What a reader was told: the records, and the last thing of all where the log's end was reached. */
export type Told = { readonly records: LogRecord[]; readonly end: Record<string, unknown> | null };

/** Up to this many records, or everything up to the end of the log. */
export type Amount = number | "all";

/** A way to read numbered records behind one of them; the reader goes away once it has what it wants. */
export type Form = (client: Client, id: string, after: number, amount: Amount) => Promise<Told>;

/** Small pages at first, to have several; large ones for a long log. */
const pageOf = (already: number): number => (already < 20 ? 3 : 1_000);

const inPages: Form = async (client, id, after, amount) => {
  const records: LogRecord[] = [];
  for (let next = after; records.length !== amount; ) {
    const limit = amount === "all" ? pageOf(records.length) : amount - records.length;
    const page = await client.json<{ records: LogRecord[]; next: number; more: boolean; truncated: boolean }>(
      `/logs/${id}?after=${next}&limit=${limit}`,
    );
    records.push(...page.records);
    ({ next } = page);
    if (!page.more && amount === "all") return { records, end: { truncated: page.truncated } };
    if (!page.more && records.length !== amount) throw new Error(`only ${records.length} of ${amount} came`);
  }
  return { records, end: null };
};

/** The blocks of an event stream as they come, comments left out. */
export async function* eventsOf(response: Response): AsyncGenerator<Record<string, string>, void> {
  if (response.body === null) throw new Error("no event stream");
  let text = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + part).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      if (block.startsWith(":")) continue;
      yield Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
    }
  }
}

const recordOf = ({ id, data = "" }: Record<string, string>): LogRecord => {
  const record = JSON.parse(data) as LogRecord;
  if (id !== String(record.seq)) throw new Error(`the event ${id} carries the record ${record.seq}`);
  return record;
};

const asEvents: Form = async (client, id, after, amount) => {
  const records: LogRecord[] = [];
  const headers: HeadersInit = after === 0 ? {} : { "last-event-id": String(after) };
  if (amount === 0) return { records, end: null };
  for await (const event of eventsOf(await client.fetch(`/logs/${id}/events`, { headers }))) {
    if (event.event === "end") return { records, end: JSON.parse(event.data ?? "") };
    if (event.event !== "log") continue;
    records.push(recordOf(event));
    if (records.length === amount) break;
  }
  if (amount === "all") throw new Error("the stream broke off before the end");
  return { records, end: null };
};

type Frame = LogRecord | ({ type: string } & Record<string, unknown>);

const overSocket: Form = async (client, id, after, amount) => {
  const headers = { upgrade: "websocket", "sec-websocket-protocol": "sandpiper.v1" };
  const { webSocket } = await client.fetch(`/logs/${id}/stream?after=${after}`, { headers });
  if (webSocket === null) throw new Error("no socket");
  const told: { records: LogRecord[]; end: Told["end"] } = { records: [], end: null };
  const isEnough = (): boolean => told.records.length === amount;
  await new Promise<void>((resolve, reject) => {
    webSocket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame;
      if (isEnough()) return;
      if ("seq" in frame) told.records.push(frame as LogRecord);
      else if (frame.type === "end") told.end = frame;
      if (isEnough()) resolve();
    });
    webSocket.addEventListener("close", ({ code, reason }) =>
      code === 1000 ? resolve() : reject(new Error(`closed with ${code} ${reason}`)),
    );
    webSocket.accept();
    if (isEnough()) resolve();
  });
  webSocket.close(1000);
  return told;
};

export const FORMS: readonly (readonly [string, Form])[] = [
  ["pages of JSON", inPages],
  ["Server-Sent Events", asEvents],
  ["typed frames", overSocket],
];

/** All records of a log that has ended, in one form. */
export const allOf = async (form: Form, client: Client, id: string): Promise<LogRecord[]> =>
  (await form(client, id, 0, "all")).records;
