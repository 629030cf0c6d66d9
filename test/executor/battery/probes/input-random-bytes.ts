import { malformedArchive } from "../malformed-archive.ts";

const bytes = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7919) % 251));

export const probe = malformedArchive("of random bytes", bytes);
