import { useEffect, useState } from "preact/hooks";
import { client, messageOf } from "../shared/api.ts";
import { inBackground } from "../shared/background.ts";
import { csvRows } from "./csv.ts";

/** Of a text, so much is shown; of an image all, up to this. */
const TEXT_BYTES = 256 * 1024;
const IMAGE_BYTES = 20 * 1024 * 1024;
const ROWS = 200;

const IMAGES = /^image\/(png|jpeg|gif|webp|bmp|svg\+xml)$/;

type Shown =
  | { readonly kind: "image"; readonly url: string }
  | { readonly kind: "table"; readonly rows: readonly string[][] }
  | { readonly kind: "text"; readonly text: string; readonly isWhole: boolean }
  | { readonly kind: "none"; readonly why: string };

/** The first bytes of a file; the rest is not fetched. */
const firstBytes = async (body: ReadableStream<Uint8Array>, maxBytes: number) => {
  const reader = body.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(new Uint8Array(next.value));
    bytes += next.value.length;
    if (bytes > maxBytes) {
      await reader.cancel();
      return { blob: new Blob(chunks), isWhole: false };
    }
  }
  return { blob: new Blob(chunks), isWhole: true };
};

const prettyJson = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not JSON whatever its name says: shown as it is.
    return text;
  }
};

const shownText = async (blob: Blob, path: string, isWhole: boolean): Promise<Shown> => {
  const text = new TextDecoder().decode(await blob.slice(0, TEXT_BYTES).arrayBuffer());
  if (text.includes("\0")) return { kind: "none", why: "This file is not text." };
  const rows = /\.csv$/i.test(path) ? csvRows(text, ROWS) : null;
  if (rows !== null && rows.length > 0) return { kind: "table", rows };
  const isJson = /\.json$/i.test(path) && isWhole;
  return { kind: "text", text: isJson ? prettyJson(text) : text, isWhole };
};

/** What programs made is data: an image, SVG too, is drawn as an image alone, and markup is text. */
const load = async (id: string, path: string, mime: string, signal: AbortSignal): Promise<Shown> => {
  const isImage = IMAGES.test(mime);
  const { body } = await client.value.download(id, path, { signal });
  const { blob, isWhole } = await firstBytes(body, isImage ? IMAGE_BYTES : TEXT_BYTES);
  if (!isImage) return shownText(blob, path, isWhole);
  if (!isWhole) return { kind: "none", why: "This image is too large to be shown here." };
  return { kind: "image", url: URL.createObjectURL(new Blob([blob], { type: mime })) };
};

const Table = ({ rows }: { readonly rows: readonly string[][] }) => {
  const [head = [], ...body] = rows;
  return (
    <table>
      <thead>
        <tr>
          {head.map((cell, at) => (
            <th key={at} scope="col">
              {cell}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {body.map((row, at) => (
          <tr key={at}>
            {row.map((cell, place) => (
              <td key={place}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
};

const Content = ({ shown, path }: { readonly shown: Shown; readonly path: string }) => {
  switch (shown.kind) {
    case "image":
      return <img src={shown.url} alt={`What the program drew into ${path}`} />;
    case "table":
      return (
        <>
          <Table rows={shown.rows} />
          {shown.rows.length === ROWS && <p class="note">The first {ROWS} rows.</p>}
        </>
      );
    case "text":
      return (
        <>
          <pre>{shown.text}</pre>
          {!shown.isWhole && <p class="note">The beginning of the file.</p>}
        </>
      );
    case "none":
      return <p class="note">{shown.why}</p>;
  }
};

type Props = { readonly id: string; readonly path: string; readonly mime: string };

/** A look into one output. */
export const Preview = ({ id, path, mime }: Props) => {
  const [shown, setShown] = useState<Shown | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    let url = "";
    setShown(null);
    const loading = load(id, path, mime, controller.signal)
      .catch((error: unknown): Shown => ({ kind: "none", why: messageOf(error) }))
      .then((loaded) => {
        if (loaded.kind === "image") url = loaded.url;
        if (controller.signal.aborted) URL.revokeObjectURL(url);
        else setShown(loaded);
      });
    inBackground(loading);
    return () => {
      controller.abort();
      URL.revokeObjectURL(url);
    };
  }, [id, path, mime]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard
    <section class="preview" aria-label={`Content of ${path}`} aria-busy={shown === null} tabIndex={0}>
      {shown === null ? <p class="note">Loading</p> : <Content shown={shown} path={path} />}
    </section>
  );
};
