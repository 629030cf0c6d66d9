import { z } from "zod";
import { attemptRequest, environmentInfo } from "./attempt.ts";
import { languageInfo } from "./judging.ts";
import { attemptId, isolationLevel } from "./vocabulary.ts";
import { webAddress } from "./web-address.ts";

/**
 * What an executor and the pool say to each other: text frames of JSON on one WebSocket that the executor
 * opens to `/pool/join`. Unknown members pass, so that neighbouring versions understand each other.
 */
export const POOL_PROTOCOL = 3;

/** An offer above this goes by reference, so that a frame stays below the platform's 1 MiB. */
export const OFFER_INLINE_BYTES = 512 * 1024;
/** An executor says within this whether it takes an offer. */
export const OFFER_ANSWER_MS = 5_000;
/** An executor that took an offer reports to the job within this; the first report is the claim. */
export const CLAIM_WITHIN_MS = 5_000;
/** An executor says that it is there at least this often, with a text that wakes nobody. */
export const POOL_PING_MS = 20_000;
export const POOL_PING = '{"type":"ping"}';
export const POOL_PONG = '{"type":"pong"}';
/** How far an executor's clock may be off when it joins. */
export const JOIN_SKEW_SECONDS = 120;

/** Headers of the upgrade to `/pool/join`. */
export const JOIN_HEADERS = {
  key: "x-sandpiper-key",
  instance: "x-sandpiper-instance",
  time: "x-sandpiper-time",
  signature: "x-sandpiper-signature",
  /** What makes a process one of the deployment's own containers. */
  startToken: "x-sandpiper-start-token",
} as const;
/** Header of a report that contains `finished`. */
export const REPORT_SIGNATURE_HEADER = "x-sandpiper-signature";

/** Close codes of the pool's sockets. */
export const POOL_CLOSE = {
  /** The same process joined again by another socket. */
  replaced: 4409,
  /** A frame that is no message of this protocol. */
  malformed: 4400,
  /** The executor left, holding nothing. */
  left: 1000,
} as const;

/** One start of an executor's process: 128 random bits as lower-case hex. */
export const instanceId = z.string().regex(/^[0-9a-f]{32}$/);
/** Standard base64 of a raw Ed25519 public key. */
export const publicKey = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
/** Standard base64 of an Ed25519 signature. */
export const signatureText = z.string().regex(/^[A-Za-z0-9+/]{86}==$/);

/** What an executor signs to join; `host` is that of the address it joins by, port included. */
export const joinText = (host: string, instance: string, unixSeconds: number): string =>
  `sandpiper-join-1\n${host}\n${instance}\n${unixSeconds}`;

/** What an executor signs over a report with a result; `bodySha256` is hex, over the body as it is sent. */
export const reportText = (attempt: string, bodySha256: string): string =>
  `sandpiper-report-1\n${attempt}\n${bodySha256}`;

const name = z.string().max(100);
const megabytes = z.int().nonnegative();

export const heldAttempt = z.object({ attempt_id: attemptId, memory_mb: megabytes });

/** The first message after `welcome`, and after every reconnection. */
export const hello = z.object({
  type: z.literal("hello"),
  protocol: z.int().positive(),
  version: name,
  name,
  slots: z.int().positive().max(1_000),
  memory_mb: megabytes,
  environments: z.array(environmentInfo).max(100),
  /** Executors of protocol 1 may not say which they have. */
  languages: z.array(languageInfo).max(200).default([]),
  isolation: isolationLevel,
  accounting: z.string().max(32).default("unknown"),
  held: z.array(heldAttempt).max(4_000),
});
export type Hello = z.infer<typeof hello>;

const refusalReason = z.enum(["busy", "leaving", "environment", "invalid", "address", "internal"]);
export type RefusalReason = z.infer<typeof refusalReason>;

export const fromExecutor = z.discriminatedUnion("type", [
  hello,
  z.object({ type: z.literal("accepted"), attempt_id: attemptId, memory_mb: megabytes }),
  z.object({ type: z.literal("refused"), attempt_id: attemptId, reason: refusalReason.catch("internal") }),
  /** The slot and the memory of an attempt are free again. */
  z.object({ type: z.literal("released"), attempt_id: attemptId, memory_mb: megabytes }),
  z.object({ type: z.literal("leaving") }),
]);
export type FromExecutor = z.infer<typeof fromExecutor>;

/** Where an offer that is too large for a frame is fetched, with the attempt's token as bearer. */
const offerReference = z.object({
  attempt_id: attemptId,
  url: webAddress(),
  token: z.string().max(500),
});

export const toExecutor = z.discriminatedUnion("type", [
  z.object({ type: z.literal("welcome"), protocol: z.int().positive() }),
  z.object({
    type: z.literal("offer"),
    /** What the pool counts for it while it is held. */
    memory_mb: megabytes,
    attempt: attemptRequest.optional(),
    reference: offerReference.optional(),
  }),
  z.object({ type: z.literal("cancel"), attempt_id: attemptId }),
  z.object({ type: z.literal("leave") }),
  z.object({ type: z.literal("pong") }),
]);
export type ToExecutor = z.infer<typeof toExecutor>;

/** A refusal of the upgrade; `message` says what to do. */
export const joinRefused = z.object({
  error: z.object({
    code: z.enum(["invalid", "unauthorized", "forbidden", "upgrade_required", "unavailable"]),
    message: z.string(),
  }),
});
export type JoinRefused = z.infer<typeof joinRefused>;
