import { connect } from "node:net";
import { inject } from "vitest";

export type RawAnswer = { readonly status: number; readonly head: string; readonly body: string };

const answerOf = (text: string): RawAnswer => {
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end);
  return { status: Number(head.split(" ")[1]), head: head.toLowerCase(), body: text.slice(end + 4) };
};

const isWhole = (text: string): boolean => {
  const end = text.indexOf("\r\n\r\n");
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  const body = text.slice(end + 4);
  return end > 0 && (length === undefined ? body.endsWith("0\r\n\r\n") : body.length >= Number(length));
};

/** Sends requests, byte for byte as given, one after the other over one connection to the shared service. */
export const rawExchange = (requests: readonly string[]): Promise<RawAnswer[]> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(inject("sandpiperUrl"));
    const answers: RawAnswer[] = [];
    let text = "";
    const socket = connect({ host: hostname, port: Number(port) });
    const next = (): void => {
      const request = requests[answers.length];
      if (request === undefined) socket.end(() => resolve(answers));
      else socket.write(request);
    };
    socket.setEncoding("latin1").setTimeout(10_000, () => socket.destroy(new Error("no answer")));
    socket.on("connect", next).on("error", reject);
    socket.on("data", (part: string) => {
      text += part;
      if (!isWhole(text)) return;
      answers.push(answerOf(text));
      text = "";
      next();
    });
    socket.on("close", () => resolve(answers));
  });
