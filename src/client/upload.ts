import type { FetchInit, FetchLike } from "./transport.ts";

/** Bytes of the request body, its framing included. */
export type UploadProgress = { readonly sentBytes: number; readonly totalBytes: number };
export type OnProgress = (progress: UploadProgress) => void;

const SLICE_BYTES = 64 * 1024;

/** The part of the browser's XMLHttpRequest that is used. */
type Xhr = {
  readonly upload: {
    onprogress: ((event: { readonly loaded: number; readonly total: number }) => void) | null;
  };
  readonly status: number;
  readonly responseText: string;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: Blob): void;
  abort(): void;
};

const headerPairs = (text: string): [string, string][] =>
  text
    .split("\r\n")
    .filter((line) => line.includes(":"))
    .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);

/** Browsers stream request bodies over HTTP/2 alone; XMLHttpRequest tells its progress everywhere. */
const sendByXhr = (xhr: Xhr, url: string, init: FetchInit, body: Blob, onProgress: OnProgress) =>
  new Promise<Response>((resolve, reject) => {
    const stop = (): void => xhr.abort();
    xhr.upload.onprogress = ({ loaded, total }) => onProgress({ sentBytes: loaded, totalBytes: total });
    xhr.onload = () => {
      const headers = new Headers(headerPairs(xhr.getAllResponseHeaders()));
      init.signal?.removeEventListener("abort", stop);
      resolve(new Response(xhr.responseText, { status: xhr.status, headers }));
    };
    xhr.onerror = () => reject(new TypeError("the request failed"));
    xhr.onabort = () => reject(init.signal?.reason);
    xhr.open(init.method, url);
    for (const [name, value] of Object.entries(init.headers)) xhr.setRequestHeader(name, value);
    init.signal?.addEventListener("abort", stop, { once: true });
    xhr.send(body);
  });

/** Read slice by slice, because a Blob's own stream may hand over a whole file at once. */
const counted = (body: Blob, onProgress: OnProgress): ReadableStream<Uint8Array> => {
  let sentBytes = 0;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (sentBytes >= body.size) return controller.close();
      const slice = await body.slice(sentBytes, sentBytes + SLICE_BYTES).arrayBuffer();
      sentBytes += slice.byteLength;
      controller.enqueue(new Uint8Array(slice));
      onProgress({ sentBytes, totalBytes: body.size });
    },
  });
};

type Pipe = TransformStream<Uint8Array, Uint8Array>;

/** Workers send a length only for a stream that is known to have it; elsewhere the header alone says it. */
const sized = (stream: ReadableStream<Uint8Array>, lengthBytes: number): ReadableStream<Uint8Array> => {
  const { FixedLengthStream } = globalThis as { FixedLengthStream?: new (lengthBytes: number) => Pipe };
  return FixedLengthStream === undefined ? stream : stream.pipeThrough(new FixedLengthStream(lengthBytes));
};

/** Sends a Blob and tells how far it is, by the means that the platform has. */
export const sendWithProgress =
  (fetch: FetchLike, onProgress: OnProgress): FetchLike =>
  (url, init) => {
    const { body } = init;
    if (!(body instanceof Blob)) return fetch(url, init);
    const { XMLHttpRequest } = globalThis as { XMLHttpRequest?: new () => Xhr };
    if (XMLHttpRequest !== undefined) return sendByXhr(new XMLHttpRequest(), url, init, body, onProgress);
    // Storage takes no upload of unknown length.
    const headers = { ...init.headers, "Content-Length": String(body.size) };
    return fetch(url, {
      ...init,
      headers,
      body: sized(counted(body, onProgress), body.size),
      duplex: "half",
    });
  };
