import { z } from "zod";
import { isJobId } from "./job.ts";

/** The last job of a page; the next page starts behind it. */
export type Cursor = { readonly registeredAtMs: number; readonly jobId: string };

const form = z.tuple([z.int().min(0).max(8_640_000_000_000_000), z.string().refine(isJobId)]);

/** The cursor as clients carry it: base64url of JSON, opaque to them. */
export const cursorText = ({ registeredAtMs, jobId }: Cursor): string =>
  btoa(JSON.stringify([registeredAtMs, jobId]))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** The cursor of a text that `cursorText` made; null for any other. */
export const cursorOf = (text: string): Cursor | null => {
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(text)) return null;
  try {
    const [registeredAtMs, jobId] = form.parse(
      JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/"))),
    );
    const cursor = { registeredAtMs, jobId };
    return cursorText(cursor) === text ? cursor : null;
  } catch {
    return null;
  }
};
