import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** An answer that comes within this goes out in one piece. */
const SOON_MS = 2_000;
/** That a client has gone is seen only when something is written to it; JSON begins behind any white space. */
const BLANK_EVERY_MS = 2_000;

const soon = async <T>(work: Promise<T>): Promise<{ readonly value: T } | null> => {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), SOON_MS);
  });
  const first = await Promise.race([work.then((value) => ({ value })), late]);
  clearTimeout(timer);
  return first;
};

/** The JSON of `work` behind blanks; `leave` is called once if its reader goes before that. */
const blanksThenJson = (work: Promise<unknown>, leave: () => void): ReadableStream<Uint8Array> => {
  const utf8 = new TextEncoder();
  let stop = (): void => undefined;
  return new ReadableStream({
    start: (controller) => {
      const blanks = setInterval(() => controller.enqueue(utf8.encode(" ")), BLANK_EVERY_MS);
      let isOver = false;
      stop = () => {
        isOver = true;
        clearInterval(blanks);
      };
      const end = (act: () => void): void => {
        if (isOver) return;
        stop();
        act();
      };
      work.then(
        (value) =>
          end(() => {
            controller.enqueue(utf8.encode(JSON.stringify(value)));
            controller.close();
          }),
        (error: unknown) => end(() => controller.error(error)),
      );
    },
    cancel: () => {
      stop();
      leave();
    },
  });
};

/**
 * Answers with the JSON of work that a caller waits for. One who hangs up meanwhile wants it no more: `leave` ends what
 * was begun, also when the request is over.
 */
export const answerWhenDone = async (
  c: Context,
  status: ContentfulStatusCode,
  work: Promise<unknown>,
  leave: () => Promise<unknown>,
): Promise<Response> => {
  const first = await soon(work);
  if (first !== null) return c.json(first.value, status);
  const gone = (): void => c.executionCtx.waitUntil(leave());
  const headers = { "Content-Type": "application/json" };
  return c.body(blanksThenJson(work, gone), status, headers);
};
