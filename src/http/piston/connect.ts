import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { DoorCaller } from "../kit/door-caller.ts";
import { traceOf } from "../kit/trace.ts";
import { PistonSession } from "./session.ts";

/** Opens a session with a program; what is no upgrade is told to be one. */
export const connect = (c: Context, deps: Deps, caller: DoorCaller): Response => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    c.header("Upgrade", "websocket");
    return c.json({ message: "Connect with a WebSocket" }, 426);
  }
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  new PistonSession(deps, { ...caller, trace: traceOf(c) }, server);
  return new Response(null, { status: 101, webSocket: client });
};
