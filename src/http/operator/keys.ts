import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import { type ApiKey, KEY_PREFIX } from "../../domain/access/api-key.ts";
import { done, type KeyView, keyList, madeKey, newKey, rotateKey } from "../../wire/operator.ts";
import type { OperatorOperation } from "./face.ts";
import { bodyAs, DONE, notFound, operation, queryAs } from "./operation.ts";

const PAGE = 100;

const viewOf = (key: ApiKey): KeyView => ({
  id: key.id,
  owner: key.owner,
  name: key.name,
  scopes: [...key.scopes],
  quota_class: key.quotaClass,
  created_at: key.createdAtMs,
  expires_at: key.expiresAtMs,
  revoked_at: key.revokedAtMs,
  last_used_day: key.lastUsedDay,
});

type Draft = Pick<ApiKey, "owner" | "name" | "scopes" | "quotaClass" | "expiresAtMs">;

/** A key of this draft; `hash` null makes a text of 256 random bits for it. */
const made = async ({ ids, now }: Deps, draft: Draft, hash: string | null) => {
  const text = hash === null ? `${KEY_PREFIX}${ids.keyPart()}${ids.keyPart()}` : null;
  const key: ApiKey = {
    ...draft,
    id: ids.jobId(),
    hash: hash ?? (await ids.hashOf(text ?? "")),
    createdAtMs: now(),
    revokedAtMs: null,
    lastUsedDay: null,
  };
  return { text, key };
};

const list = (deps: Deps): OperatorOperation => {
  const query = z.object({ cursor: z.string().max(100).optional() });
  const described = { summary: "The keys, without their texts", answer: keyList, query };
  return operation(
    deps,
    { method: "get", path: "/operator/keys", operationId: "listKeys", ...described },
    async (call) => {
      const asked = queryAs(call, query);
      if (asked instanceof Response) return asked;
      const keys = await deps.apiKeys.list(asked.cursor ?? null, PAGE);
      const next = keys.length === PAGE ? (keys.at(-1)?.id ?? null) : null;
      return { body: { keys: keys.map(viewOf), next }, count: keys.length };
    },
  );
};

const create = (deps: Deps): OperatorOperation =>
  operation(
    deps,
    {
      method: "post",
      path: "/operator/keys",
      operationId: "createKey",
      status: 201,
      summary: "Make a key; its text is shown this once",
      answer: madeKey,
      body: newKey,
    },
    async (call) => {
      const body = await bodyAs(call, newKey);
      if (body instanceof Response) return body;
      const { owner, name, scopes, quota_class: quotaClass, expires_at: expiresAtMs, hash = null } = body;
      const { text, key } = await made(deps, { owner, name, scopes, quotaClass, expiresAtMs }, hash);
      const isNew = await deps.apiKeys.add(key);
      if (isNew) return { body: { key: text, details: viewOf(key) } };
      return call.face.refuse(call.c, { code: "unfit", message: "There is a key with this hash already" });
    },
  );

const rotate = (deps: Deps): OperatorOperation =>
  operation(
    deps,
    {
      method: "post",
      path: "/operator/keys/{id}/rotate",
      operationId: "rotateKey",
      status: 201,
      summary: "Make a key like this one, which itself ends after `grace_seconds`",
      answer: madeKey,
      body: rotateKey,
    },
    async (call) => {
      const body = await bodyAs(call, rotateKey);
      if (body instanceof Response) return body;
      const before = await deps.apiKeys.byId(call.c.req.param("id") ?? "");
      if (before === null) return notFound(call, "There is no such key");
      const { text, key } = await made(deps, before, null);
      await deps.apiKeys.add(key);
      await deps.apiKeys.endAt(before.id, deps.now() + body.grace_seconds * 1_000);
      return { body: { key: text, details: viewOf(key) } };
    },
  );

const revoke = (deps: Deps): OperatorOperation =>
  operation(
    deps,
    {
      method: "delete",
      path: "/operator/keys/{id}",
      operationId: "revokeKey",
      summary: "Revoke a key; it works for at most 30 s more",
      answer: done,
    },
    async (call) =>
      (await deps.apiKeys.endAt(call.c.req.param("id") ?? "", deps.now()))
        ? DONE
        : notFound(call, "There is no such key"),
  );

export const keyOperations = (deps: Deps): OperatorOperation[] => [
  list(deps),
  create(deps),
  rotate(deps),
  revoke(deps),
];
