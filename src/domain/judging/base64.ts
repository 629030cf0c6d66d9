const CHUNK = 0x8000;

/** Standard base64 with padding. */
export const toBase64 = (bytes: Uint8Array): string => {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
};

export const utf8ToBase64 = (text: string): string => toBase64(new TextEncoder().encode(text));

/** The bytes of standard base64; throws where it is none. */
export const fromBase64 = (text: string): Uint8Array => {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
};

/** How many bytes standard base64 with padding stands for. */
export const base64Bytes = (text: string): number => {
  const padding = text.endsWith("==") ? 2 : Number(text.endsWith("="));
  return (text.length / 4) * 3 - padding;
};
