import { type ClientOptions, WebSocket } from "ws";

/** Ends a connection soon after the closing handshake; `ws` knows this option, its types do not. */
const options: ClientOptions & { readonly closeTimeout: number } = { closeTimeout: 50 };

const RECORD = '{"seq":';

/** What one watcher of a run's log was told, and when, in milliseconds since it was opened. */
export type Watched = {
  records: number;
  firstMs: number | null;
  endMs: number;
  /** Whether every record was the same, byte for byte, as all others were told in its place. */
  isLikeTheOthers: boolean;
  end: string;
  closeCode: number;
};

export type Crowd = {
  /** Resolves when every socket is open, with how long that took. */
  readonly opened: Promise<number>;
  readonly ended: Promise<Watched[]>;
  /** Records as the first watcher of each was told them, in order. */
  readonly records: readonly Buffer[];
};

const watch = (url: string, records: Buffer[]): { opened: Promise<void>; ended: Promise<Watched> } => {
  const startedAtMs = performance.now();
  const sinceStartMs = (): number => performance.now() - startedAtMs;
  const seen: Watched = {
    records: 0,
    firstMs: null,
    endMs: 0,
    isLikeTheOthers: true,
    end: "",
    closeCode: 0,
  };
  const socket = new WebSocket(url, ["sandpiper.v1"], options);
  const take = (frame: Buffer): void => {
    if (frame.toString("latin1", 0, RECORD.length) !== RECORD) {
      seen.end = String(frame);
      return;
    }
    seen.firstMs ??= sinceStartMs();
    // Whoever is ahead says what the others are compared with, so that it is held once.
    const before = records[seen.records];
    if (before === undefined) records.push(frame);
    else if (!before.equals(frame)) seen.isLikeTheOthers = false;
    seen.records += 1;
  };
  socket.on("message", (data: Buffer) => take(data));
  const opened = new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  const ended = new Promise<Watched>((resolve) => {
    socket.on("close", (closeCode) => resolve({ ...seen, endMs: sinceStartMs(), closeCode }));
  });
  return { opened, ended };
};

/** Many watchers of one run, from the first record on; `url` is the service's. */
export const watchTogether = (url: string, runId: string, count: number): Crowd => {
  const startedAtMs = performance.now();
  const records: Buffer[] = [];
  const at = `${url.replace("http", "ws")}/logs/${runId}/stream?after=0`;
  const watchers = Array.from({ length: count }, () => watch(at, records));
  const opened = Promise.all(watchers.map((watcher) => watcher.opened));
  return {
    opened: opened.then(() => performance.now() - startedAtMs),
    ended: Promise.all(watchers.map((watcher) => watcher.ended)),
    records,
  };
};

/** A watcher that reads nothing from when its socket is open until it is told to. */
export const watchWithoutReading = async (url: string, runId: string) => {
  const socket = new WebSocket(
    `${url.replace("http", "ws")}/logs/${runId}/stream?after=0`,
    ["sandpiper.v1"],
    options,
  );
  const seqs: number[] = [];
  socket.on("open", () => socket.pause());
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data)) as { seq?: number };
    if (frame.seq !== undefined) seqs.push(frame.seq);
  });
  // A connection that the service has given up may end as an error; the close says so as well.
  socket.on("error", () => undefined);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await new Promise((resolve) => socket.once("open", resolve));
  return {
    /** Reads what there is to the end of the connection; answers the numbers and how it ended. */
    read: async () => {
      socket.resume();
      const { code, reason } = await closed;
      return { seqs, code, reason };
    },
  };
};

/** A program that prints so much after a pause, and tells on stderr how many seconds the printing took. */
export const printer = (bytes: number, pauseSeconds: number): string => `
import sys, time
time.sleep(${pauseSeconds})
line = "x" * 999 + "\\n"
began = time.monotonic()
for _ in range(${Math.ceil(bytes / 1_000)}):
    sys.stdout.write(line)
sys.stdout.flush()
print(time.monotonic() - began, file=sys.stderr)
`;
