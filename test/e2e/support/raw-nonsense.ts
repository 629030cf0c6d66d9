import { connect } from "node:net";
import fc from "fast-check";

/** Bytes for a connection, in pieces, and whether our half of it is closed after them. */
export type Nonsense = { readonly pieces: readonly Buffer[]; readonly ends: boolean };

const paths = [
  ...[
    "/submit",
    "/jobs",
    "/status/job-00000000000000000000000000000000",
    "/ws/job-0",
    "/pool/join",
    "/mcp",
    "/metrics",
  ],
  ...[
    "/files/checksum/sha256",
    "/operator/keys",
    "/%",
    "/%ff%fe",
    "/..%2f..",

    "http://[::1/",
    "//x",
    "/a b",
  ],
  ...[
    "/executor/attempts/x/events",
    `/executor/attempts/${"0".repeat(64)}.1/events`,
    `/${"x".repeat(20_000)}`,
  ],
];
const methods = [
  "GET",
  "POST",
  "PUT",
  "HEAD",
  "OPTIONS",
  "DELETE",
  "TRACE",
  "BREW",
  "get",
  "",
  "P\0ST",
  "PRI",
];
const versions = ["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "http/1.1", "", "HTTP/1.1 x"];
const headers = [
  ...[
    "content-type: application/json",
    "content-type: multipart/form-data; boundary=x",
    "content-type: \u0001",
  ],
  ...[
    "content-length: 5",
    "content-length: -1",
    "content-length: 99999999999999999999",
    "content-length: 0x5",
  ],
  ...[
    "content-length: 5\r\ncontent-length: 6",
    "content-length: 1e3",
    "content-length: ",
    "transfer-encoding: chunked",
  ],
  ...[
    "transfer-encoding: gzip, chunked",
    "transfer-encoding: xchunked",
    "transfer-encoding: chunked\r\ncontent-length: 3",
  ],
  ...[
    "content-encoding: gzip",
    "expect: 100-continue",
    "expect: 200-ok",
    "upgrade: websocket",
    "connection: upgrade",
  ],
  ...[
    "sec-websocket-version: 13",
    "sec-websocket-version: 99",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
  ],
  ...[
    "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__",
    "connection: close, x",
    "connection: ,,,",
    "te: trailers",
  ],
  ...[
    "host: ",
    "host: a\r\nhost: b",
    "range: bytes=5-1",
    "range: bytes=-",
    "range: bytes=0-0,1-1",
    "accept: ;;;q=9",
  ],
  ...[
    "prefer: wait=0",
    "if-none-match: \u00e9",
    "cookie: \u00ff",
    " folded: x",
    "no-colon",
    ": empty",
    "x\0y: z",
  ],
  ...[
    "origin: null",
    "access-control-request-method: \u00e9",
    `x: ${"y".repeat(40_000)}`,
    "last-event-id: \u0000",
  ],
  ...[
    "authorization: Bearer \u0001",
    "authorization: Basic \u00ff\u00fe",
    "cf-connecting-ip: not-an-address",
  ],
  ...["x-executor-key: !!!", "traceparent: 00-0-0-00", "traceparent: ff-\u00e9"],
];
const bodies = [
  ...[
    "",
    "{}",
    '{"code":"1"}',
    "5\r\nhello\r\n0\r\n\r\n",
    "zz\r\nhello\r\n0\r\n\r\n",
    "-1\r\nx\r\n0\r\n\r\n",
  ],
  ...[
    "ffffffffffffffffff\r\nx",
    "5;ext=\u0001\r\nhello\r\n0\r\nx: y\r\n\r\n",
    "5\nhello\n0\n\n",
    "--x\r\n\r\n--x--\r\n",
  ],
  ...[
    '--x\r\ncontent-disposition: form-data; name="files"; filename="a\u0000"\r\n\r\nq',
    "--x--",
    "\r\n\r\n\r\n",
    "\x1f\x8b\x08",
  ],
  ...[
    "\x81\x80\x00\x00\x00\x00",
    "\xff\xff\xff\xff",
    "\x89\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
    "\x88\x01\x00",
  ],
];

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

const request = fc
  .record({
    method: fc.constantFrom(...methods),
    path: fc.constantFrom(...paths),
    version: fc.oneof({ weight: 6, arbitrary: fc.constant("HTTP/1.1") }, fc.constantFrom(...versions)),
    host: fc.oneof({ weight: 6, arbitrary: fc.constant(["host: localhost"]) }, fc.constant([])),
    headers: fc.uniqueArray(fc.constantFrom(...headers), { maxLength: 7 }),
    body: fc.oneof(
      fc.constantFrom(...bodies),
      fc.uint8Array({ maxLength: 300 }).map((it) => Buffer.from(it).toString("latin1")),
    ),
    cut: fc.nat(400),
  })
  .map(({ method, path, version, host, headers: given, body, cut }) => {
    const head = [`${method} ${path} ${version}`, ...host, ...given].join("\r\n");
    const whole = bytes(`${head}\r\n\r\n${body}`);
    return cut % 3 === 0 ? whole.subarray(0, cut) : whole;
  });

/** A socket that is really opened, and then frames that are none, too long, unmasked, of unknown kinds or cut off. */
const framed = fc
  .array(
    fc.oneof(
      fc.constantFrom(...bodies.slice(-4)).map(bytes),
      fc.uint8Array({ maxLength: 200 }).map((it) => Buffer.from(it)),
    ),
    {
      maxLength: 5,
    },
  )
  .map((frames) => [
    bytes(
      "GET /ws/KNOWN HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n" +
        "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
    ...frames,
  ]);

/** What no client sends: broken requests, broken frames, and bytes that are nothing; `run` is a run that is there. */
export const nonsense = (run: string): fc.Arbitrary<Nonsense> =>
  fc
    .tuple(
      fc.oneof(
        { weight: 5, arbitrary: fc.array(request, { minLength: 1, maxLength: 3 }) },
        { weight: 2, arbitrary: framed },
        {
          weight: 1,
          arbitrary: fc.array(
            fc.uint8Array({ maxLength: 500 }).map((it) => Buffer.from(it)),
            { maxLength: 3 },
          ),
        },
      ),
      fc.boolean(),
    )
    .map(([pieces, ends]) => ({
      pieces: pieces.map((piece) => bytes(piece.toString("latin1").replace("KNOWN", run))),
      ends,
    }));

/** How long a peer that sends nothing more is left to itself. */
const PATIENCE_MS = 150;

/** Sends it, and answers all that came back until the service closed, or for a moment. */
export const tell = ({ pieces, ends }: Nonsense, url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    let text = "";
    let isOpen = false;
    const leave = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => {
      text += part;
    });
    socket.once("connect", () => {
      isOpen = true;
      for (const piece of pieces) socket.write(piece);
      if (ends) socket.end();
      socket.setTimeout(PATIENCE_MS, leave);
    });
    // What was written to a connection that the service had closed is no fault; that nobody listens is.
    socket.once("error", (error) => (isOpen ? leave() : reject(error)));
    socket.once("close", leave);
  });
