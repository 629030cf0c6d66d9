/** Characters that RFC 8187 lets stand in an extended parameter value. */
const ATTR_CHAR = /[A-Za-z0-9!#$&+.^_`|~-]/;

const extended = (name: string): string =>
  [...new TextEncoder().encode(name)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return ATTR_CHAR.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");

/** `Content-Disposition` for a download (RFC 6266): a plain ASCII name, and the real one beside it if it differs. */
export const attachment = (name: string): string => {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const fallback = `attachment; filename="${plain}"`;
  return plain === name ? fallback : `${fallback}; filename*=UTF-8''${extended(name)}`;
};
