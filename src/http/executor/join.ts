import type { Context } from "hono";
import { z } from "zod";
import type { Deps } from "../../deps/types.ts";
import {
  instanceId,
  JOIN_HEADERS,
  JOIN_SKEW_SECONDS,
  type JoinRefused,
  joinText,
  publicKey,
  signatureText,
} from "../../wire/pool.ts";

type Code = JoinRefused["error"]["code"];
const STATUS = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  upgrade_required: 426,
  unavailable: 503,
} as const;

const refuse = (c: Context, code: Code, message: string): Response =>
  c.json({ error: { code, message } } satisfies JoinRefused, STATUS[code]);

const joinHeaders = z.object({
  key: publicKey,
  instance: instanceId,
  unixSeconds: z.coerce.number().int().positive(),
  signature: signatureText,
  startToken: z.string().min(16).max(200).optional(),
});

const read = (c: Context) =>
  joinHeaders.safeParse({
    key: c.req.header(JOIN_HEADERS.key),
    instance: c.req.header(JOIN_HEADERS.instance),
    unixSeconds: c.req.header(JOIN_HEADERS.time),
    signature: c.req.header(JOIN_HEADERS.signature),
    startToken: c.req.header(JOIN_HEADERS.startToken),
  });

/** `GET /pool/join`: an executor opens its socket. Who it is, is checked before any object is touched. */
export const join =
  (deps: Pick<Deps, "now" | "log" | "pool" | "signatures" | "trustedExecutors">) =>
  async (c: Context): Promise<Response> => {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      return refuse(c, "upgrade_required", "This address is for executors, which open a WebSocket here.");
    }
    const headers = read(c);
    if (!headers.success) {
      return refuse(
        c,
        "invalid",
        "The headers of an executor are missing or malformed; run one of this release.",
      );
    }
    const { key, instance, unixSeconds, signature, startToken } = headers.data;
    const offBySeconds = Math.round(deps.now() / 1_000) - unixSeconds;
    if (Math.abs(offBySeconds) > JOIN_SKEW_SECONDS) {
      return refuse(c, "unauthorized", `The executor's clock is ${offBySeconds} s off: set it by NTP.`);
    }
    const trusted = (await deps.trustedExecutors()).find((one) => one.key === key);
    if (trusted === undefined) {
      const message = `This key is not trusted: add ${key} to the variable TRUSTED_EXECUTORS of the service.`;
      return refuse(c, "forbidden", message);
    }
    const { host } = new URL(c.req.url);
    if (!(await deps.signatures.isSigned(key, joinText(host, instance, unixSeconds), signature))) {
      const message = `The signature does not fit; the address that is joined must be the one that answers, ${host}.`;
      return refuse(c, "unauthorized", message);
    }
    try {
      const executor = { instance, key, name: trusted.name, startToken: startToken ?? null };
      return await deps.pool.join(c.req.raw, executor);
    } catch (error) {
      deps.log.error("pool.unreachable", error);
      return refuse(c, "unavailable", "The pool does not answer; try again.");
    }
  };
