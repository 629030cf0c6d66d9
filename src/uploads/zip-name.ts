/** Code page 437 from 0x80 on, which names without the UTF-8 flag are in. */
const CP437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const fromCodePage = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : (CP437[byte - 0x80] ?? ""))).join(
    "",
  );

/**
 * A zip entry's name from its bytes; null for one that claims to be UTF-8 and is not. Without that claim it is
 * code page 437, unless it reads as UTF-8, which macOS writes without saying so. Windows' own tools have
 * written backslashes between folders.
 */
export const zipName = (bytes: Uint8Array, claimsUtf8: boolean): string | null => {
  try {
    return utf8.decode(bytes).replaceAll("\\", "/");
  } catch {
    // Not UTF-8: a decoder has no other way to say so.
    return claimsUtf8 ? null : fromCodePage(bytes).replaceAll("\\", "/");
  }
};
