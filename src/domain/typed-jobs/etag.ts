import type { WriteGuard } from "./lifecycle.ts";

/** The strong validator of a stored version. */
export const etagOf = (version: number): string => `"${version}"`;

/** A version's tag as it comes back: a proxy that compresses weakens it, or adds the coding's name. */
const TAG = /^(?:W\/)?"(\d{1,15})(?:-[a-z]+)?"$/;

/**
 * What `If-Match` demands. A version names one representation whatever its coding, so a tag that was
 * weakened on its way counts as the strong one; foreign tags match no version.
 */
export const versionsOf = (ifMatch: string | undefined): WriteGuard["versions"] => {
  if (ifMatch === undefined) return null;
  if (ifMatch.trim() === "*") return "any";
  return ifMatch
    .split(",")
    .map((tag) => TAG.exec(tag.trim())?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number);
};
