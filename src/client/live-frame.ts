import { type SocketFrame, socketFrame } from "../wire/run-frames.ts";
import { SandpiperError } from "./error.ts";

/** A frame from its JSON. @throws SandpiperError `unexpected_answer` */
export const parsedFrame = (data: unknown): SocketFrame => {
  try {
    return socketFrame.parse(JSON.parse(String(data)));
  } catch (cause) {
    throw new SandpiperError("The live log sent a frame of an unknown form", {
      status: 0,
      code: "unexpected_answer",
      cause,
    });
  }
};
