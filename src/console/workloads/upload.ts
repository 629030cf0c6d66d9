import { isRecord, type Json, textOf } from "../shared/ask.ts";

export type UploadTarget = { readonly name: string; readonly url: string; readonly contentType: string };

/** Where a created job's part goes. */
export const targetOf = (upload: Json): UploadTarget => ({
  name: textOf(upload.name),
  url: textOf(upload.url),
  contentType: isRecord(upload.headers) ? textOf(upload.headers["Content-Type"]) : "",
});

/** Puts a file to a presigned address and tells how much of it is sent. An abort ends it with its reason. */
export const putFile = (
  { url, contentType, name }: UploadTarget,
  file: File,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => request.abort();
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () => {
      signal.removeEventListener("abort", stop);
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new Error(`The storage refused ${name} with status ${request.status}`));
    };
    request.onerror = () => reject(new Error(`The upload of ${name} was cut; try again`));
    request.onabort = () => reject(signal.reason);
    request.open("PUT", url);
    if (contentType !== "") request.setRequestHeader("Content-Type", file.type || contentType);
    signal.addEventListener("abort", stop, { once: true });
    request.send(file);
  });
