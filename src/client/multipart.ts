export type FilePart = {
  /** Relative path with `/`; a `.tar.gz`, `.tgz` or `.zip` is unpacked by the service. */
  readonly path: string;
  readonly data: string | Uint8Array | Blob;
};

/** As browsers do it (HTML, "multipart/form-data encoding"). */
const quoted = (name: string): string =>
  name.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");

const head = (boundary: string, disposition: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;

/** A copy only where the bytes are in memory that a Blob cannot take. */
const blobData = (data: FilePart["data"]): string | Uint8Array<ArrayBuffer> | Blob =>
  typeof data === "string" || data instanceof Blob
    ? data
    : data.buffer instanceof ArrayBuffer
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);

/**
 * The multipart form of a submission. A Blob rather than FormData: its size is known before it is sent,
 * it can be read as a stream, and files behind a Blob stay where they are until then.
 */
export const multipartBody = (
  files: readonly FilePart[],
  manifest: object | null,
): { readonly body: Blob; readonly contentType: string } => {
  const boundary = `sandpiper-${crypto.randomUUID()}`;
  const parts = files.flatMap((file) => [
    head(boundary, `name="files"; filename="${quoted(file.path)}"`),
    blobData(file.data),
    "\r\n",
  ]);
  if (manifest !== null) parts.push(head(boundary, 'name="manifest"'), JSON.stringify(manifest), "\r\n");
  parts.push(`--${boundary}--\r\n`);
  return { body: new Blob(parts), contentType: `multipart/form-data; boundary=${boundary}` };
};
