import { z } from "zod";

/** Where a page ended: the time and the id of its last job. */
export type Position = { readonly atMs: number; readonly id: string };

const instant = z.int().min(0).max(8_640_000_000_000_000);

/** A position as clients carry it: base64url of JSON, opaque to them. */
export const positionText = ({ atMs, id }: Position): string =>
  btoa(JSON.stringify([atMs, id]))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** The position of a text that `positionText` made of such an id; null for any other. */
export const positionOf = (text: string, idForm: z.ZodType<string> = z.uuid()): Position | null => {
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(text)) return null;
  try {
    const form = z.tuple([instant, idForm]);
    const [atMs, id] = form.parse(JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/"))));
    return positionText({ atMs, id }) === text ? { atMs, id } : null;
  } catch {
    return null;
  }
};
