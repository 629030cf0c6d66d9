type Sent = { readonly sentBytes: number; readonly totalBytes: number };

const noop = (): void => undefined;

/** Shows how far an upload is, in one line that is rewritten; nothing where no person watches. */
export const progressLine = (what: string): ((sent: Sent) => void) => {
  if (!process.stderr.isTTY) return noop;
  let shown = -1;
  return ({ sentBytes, totalBytes }) => {
    const percent = totalBytes === 0 ? 100 : Math.floor((sentBytes / totalBytes) * 100);
    if (percent === shown) return;
    shown = percent;
    process.stderr.write(`\ruploading ${what}: ${percent} %${percent === 100 ? "\n" : ""}`);
  };
};
