import { positionOf, positionText } from "../cursor.ts";
import { isJobId } from "./job.ts";

/** The last job of a page; the next page starts behind it. */
export type Cursor = { readonly registeredAtMs: number; readonly jobId: string };

/** The cursor as clients carry it. */
export const cursorText = ({ registeredAtMs, jobId }: Cursor): string =>
  positionText({ atMs: registeredAtMs, id: jobId });

/** The cursor of a text that `cursorText` made; null for any other. */
export const cursorOf = (text: string): Cursor | null => {
  const position = positionOf(text);
  return position !== null && isJobId(position.id)
    ? { registeredAtMs: position.atMs, jobId: position.id }
    : null;
};
