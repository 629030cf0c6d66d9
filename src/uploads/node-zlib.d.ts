/** What workerd has of Node's zlib and is used here: the types of the whole of Node would bring its globals along. */
declare module "node:zlib" {
  export function crc32(data: Uint8Array, value?: number): number;
}
