import type { WriteGuard } from "./lifecycle.ts";

/** The strong validator of a stored version. */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * What `If-Match` demands. Weak and foreign tags match no version, as the strong comparison has it
 * (RFC 9110, 13.1.1).
 */
export const versionsOf = (ifMatch: string | undefined): WriteGuard["versions"] => {
  if (ifMatch === undefined) return null;
  if (ifMatch.trim() === "*") return "any";
  return ifMatch
    .split(",")
    .map((tag) => /^"(\d{1,15})"$/.exec(tag.trim())?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number);
};
