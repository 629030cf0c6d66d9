import type { SocketFrame } from "../wire/run-frames.ts";
import { hasMembers, parsedJson } from "./answer.ts";
import { SandpiperError } from "./error.ts";

/** A frame from its JSON. @throws SandpiperError `unexpected_answer` */
export const parsedFrame = (data: unknown): SocketFrame => {
  const frame = parsedJson(String(data));
  if (hasMembers(frame, ["type"]) || hasMembers(frame, ["seq", "data"])) return frame as SocketFrame;
  const message = "The live log sent a frame of an unknown form";
  throw new SandpiperError(message, { status: 0, code: "unexpected_answer" });
};
