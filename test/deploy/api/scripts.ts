import { randomUUID } from "node:crypto";
import { type Account, hexId, newScript, type Script, type Version } from "./account.ts";
import { type Answer, type Asked, json, ok, part, refused } from "./answer.ts";

type Binding = { readonly type: string; readonly name: string; readonly [key: string]: unknown };
type Metadata = {
  readonly bindings?: Binding[];
  readonly migrations?: { readonly new_tag?: string; readonly old_tag?: string };
  readonly keep_bindings?: string[];
};

const absent = refused(404, 10_007, "This Worker does not exist on your account.");
const formOf = async ({ body, contentType }: Asked): Promise<Metadata> => {
  const form = await new Response(new Uint8Array(body), {
    headers: { "content-type": contentType },
  }).formData();
  return JSON.parse(String(form.get("metadata"))) as Metadata;
};

const current = (script: Script): Version | undefined =>
  script.versions.find(({ id }) => id === script.deployed);

/** A binding that says `inherit` takes what the last version has; one that has nothing is refused. */
const inheritProblem = (script: Script, bindings: readonly Binding[]): Answer | null => {
  const known = new Set([
    ...(current(script)?.bindings ?? []).map(({ name }) => name),
    ...script.secrets.keys(),
  ]);
  const lacking = bindings.filter(({ type, name }) => type === "inherit" && !known.has(name));
  if (lacking.length === 0) return null;
  return {
    status: 400,
    body: {
      success: false,
      messages: [],
      result: null,
      errors: [
        {
          code: 10_057,
          message: lacking.map(({ name }) => `inherit binding '${name}' is invalid`).join("\n"),
        },
      ],
    },
  };
};

const missingResource = (account: Account, bindings: readonly Binding[]): Answer | null => {
  for (const binding of bindings) {
    if (binding.type === "queue" && !account.queues.has(String(binding.queue_name)))
      return refused(400, 11_000, `Queue ${String(binding.queue_name)} does not exist`);
    if (binding.type === "r2_bucket" && !account.buckets.has(String(binding.bucket_name)))
      return refused(400, 10_085, "R2 bucket does not exist");
    const id = String(binding.id ?? binding.database_id);
    if (binding.type === "d1" && ![...account.databases.values()].some(({ uuid }) => uuid === id))
      return refused(400, 10_181, "D1 binding does not exist");
  }
  return null;
};

const withNamespaces = (script: Script, bindings: readonly Binding[]): Binding[] =>
  bindings.map((binding) => {
    if (binding.type !== "durable_object_namespace") return binding;
    const name = String(binding.class_name);
    const id = script.namespaces.get(name) ?? hexId();
    script.namespaces.set(name, id);
    return { ...binding, namespace_id: id };
  });

const store = (account: Account, name: string, metadata: Metadata, deployed: boolean): Answer | Version => {
  const script = account.scripts.get(name) ?? newScript();
  const bindings = metadata.bindings ?? [];
  const problem = inheritProblem(script, bindings) ?? missingResource(account, bindings);
  if (problem !== null) return problem;
  for (const { type, name: secret, text } of bindings) {
    if (type === "secret_text") script.secrets.set(secret, String(text));
  }
  if (metadata.migrations?.new_tag !== undefined) script.migrationTag = metadata.migrations.new_tag;
  const version = {
    // Never eight digits at its start, which clients take for a number.
    id: `a${randomUUID().slice(1)}`,
    number: script.versions.length + 1,
    bindings: withNamespaces(
      script,
      bindings
        .map((binding) =>
          binding.type === "inherit"
            ? ((current(script)?.bindings.find(({ name: own }) => own === binding.name) as
                | Binding
                | undefined) ?? binding)
            : binding,
        )
        .filter(({ type }) => type !== "inherit" && type !== "secret_text"),
    ),
    migrationTag: script.migrationTag,
  };
  script.versions.push(version);
  if (deployed) script.deployed = version.id;
  account.scripts.set(name, script);
  return version;
};

/** The secret's value never leaves; a version shows its name alone. */
const shownBindings = (script: Script, version: Version | undefined) => [
  ...(version?.bindings ?? []),
  ...[...script.secrets.keys()].map((name) => ({ type: "secret_text", name })),
];
const shownVersion = (script: Script, version: Version) => ({
  id: version.id,
  number: version.number,
  metadata: {
    created_on: "2026-11-20T00:00:00Z",
    modified_on: "2026-11-20T00:00:00Z",
    source: "wrangler",
    author_email: "a@b.c",
    hasPreview: false,
  },
  annotations: {},
  resources: {
    bindings: shownBindings(script, version),
    script: { etag: "e", handlers: ["fetch"], last_deployed_from: "wrangler" },
    script_runtime: { migration_tag: version.migrationTag },
  },
});

export const scriptRoutes = (account: Account) => {
  const found = <T extends Answer | Promise<Answer>>(
    asked: Asked,
    then: (script: Script) => T,
  ): T | Answer => {
    const script = account.scripts.get(part(asked, 0));
    return script === undefined ? absent : then(script);
  };
  const uploaded = async (asked: Asked, deployed: boolean): Promise<Answer> => {
    const stored = store(account, part(asked, 0), await formOf(asked), deployed);
    if ("status" in stored) return stored;
    const id = hexId();
    return ok({
      id: deployed ? part(asked, 0) : stored.id,
      etag: id,
      tag: id,
      deployment_id: stored.id.replaceAll("-", ""),
      startup_time_ms: 12,
      number: stored.number,
      metadata: shownVersion(account.scripts.get(part(asked, 0)) ?? newScript(), stored).metadata,
    });
  };
  const service = (asked: Asked, script: Script) => {
    const inner = {
      id: part(asked, 0),
      tag: "t",
      tags: null,
      handlers: ["fetch"],
      migration_tag: script.migrationTag,
      last_deployed_from: "wrangler",
    };
    return ok({ id: part(asked, 0), default_environment: { environment: "production", script: inner } });
  };
  const versionOf = (asked: Asked, script: Script): Answer => {
    const version = script.versions.find(({ id }) => id === part(asked, 1));
    return version === undefined
      ? refused(404, 10_007, "no such version")
      : ok(shownVersion(script, version));
  };
  const deploy = (asked: Asked, script: Script): Answer => {
    const wanted = (json(asked).versions as { version_id: string }[])[0]?.version_id;
    const version = script.versions.find(({ id }) => id === wanted);
    if (version === undefined) return refused(404, 10_007, "no such version");
    if (version.migrationTag !== script.migrationTag) {
      return refused(400, 10_221, "A version before an object migration cannot be deployed.");
    }
    script.deployed = version.id;
    return ok({ id: hexId() });
  };
  const deployments = (script: Script) => ({
    deployments:
      script.deployed === null
        ? []
        : [
            {
              id: hexId(),
              source: "wrangler",
              strategy: "percentage",
              author_email: "a@b.c",
              annotations: {},
              created_on: "2026-11-20T00:00:00Z",
              versions: [{ version_id: script.deployed, percentage: 100 }],
            },
          ],
  });
  return [
    [
      "GET",
      "/workers/services/*",
      (a: Asked) => {
        const script = account.scripts.get(part(a, 0));
        return script === undefined
          ? refused(404, 10_090, "workers.api.error.service_not_found")
          : service(a, script);
      },
    ],
    [
      "DELETE",
      "/workers/services/*",
      (a: Asked) =>
        found(a, () => {
          account.scripts.delete(part(a, 0));
          for (const queue of account.queues.values())
            queue.consumers = queue.consumers.filter(({ script }) => script !== part(a, 0));
          return ok(null);
        }),
    ],
    [
      "GET",
      "/workers/scripts/*/secrets",
      (a: Asked) =>
        found(a, ({ secrets }) => ok([...secrets.keys()].map((name) => ({ name, type: "secret_text" })))),
    ],
    [
      "PUT",
      "/workers/scripts/*/secrets",
      (a: Asked) =>
        found(a, ({ secrets }) => {
          secrets.set(String(json(a).name), String(json(a).text));
          return ok(null);
        }),
    ],
    ["GET", "/workers/scripts/*/deployments", (a: Asked) => found(a, (script) => ok(deployments(script)))],
    ["POST", "/workers/scripts/*/deployments", (a: Asked) => found(a, (script) => deploy(a, script))],
    [
      "GET",
      "/workers/scripts/*/versions",
      (a: Asked) =>
        found(a, (script) =>
          ok({ items: script.versions.toReversed().map((version) => shownVersion(script, version)) }),
        ),
    ],
    ["POST", "/workers/scripts/*/versions", (a: Asked) => found(a, () => uploaded(a, false))],
    ["GET", "/workers/scripts/*/versions/*", (a: Asked) => found(a, (script) => versionOf(a, script))],
    [
      "GET",
      "/workers/scripts/*/settings",
      (a: Asked) => found(a, (script) => ok({ bindings: shownBindings(script, current(script)) })),
    ],
    [
      "GET",
      "/workers/scripts/*/script-settings",
      (a: Asked) => found(a, () => ok({ logpush: false, tags: [] })),
    ],
    ["GET", "/workers/scripts/*/schedules", (a: Asked) => found(a, ({ schedules }) => ok({ schedules }))],
    ["PATCH", "/workers/scripts/*/script-settings", (a: Asked) => found(a, () => ok(json(a)))],
    [
      "POST",
      "/workers/scripts/*/assets-upload-session",
      (a: Asked) =>
        ok({
          jwt: jwt(),
          buckets: [
            Object.values(json(a).manifest as Record<string, { hash: string }>).map(({ hash }) => hash),
          ],
        }),
    ],
    [
      "POST",
      "/workers/assets/upload",
      () => ({ status: 201, body: { success: true, errors: [], messages: [], result: { jwt: jwt() } } }),
    ],
    ["PUT", "/workers/scripts/*", (a: Asked) => uploaded(a, true)],
    [
      "GET",
      "/workers/workers/*",
      (a: Asked) =>
        found(a, (script) =>
          ok({
            id: part(a, 0),
            name: part(a, 0),
            subdomain: { enabled: script.workersDev, previews_enabled: false },
          }),
        ),
    ],
    [
      "GET",
      "/workers/subdomain",
      () =>
        account.subdomain === null
          ? refused(404, 10_007, "no subdomain")
          : ok({ subdomain: account.subdomain }),
    ],
    [
      "GET",
      "/workers/scripts/*/subdomain",
      (a: Asked) => found(a, ({ workersDev }) => ok({ enabled: workersDev, previews_enabled: false })),
    ],
    [
      "POST",
      "/workers/scripts/*/subdomain",
      (a: Asked) =>
        found(a, (script) => {
          script.workersDev = json(a).enabled === true;
          return ok({ enabled: script.workersDev, previews_enabled: false });
        }),
    ],
    [
      "PUT",
      "/workers/scripts/*/schedules",
      (a: Asked) =>
        found(a, (script) => {
          script.schedules = JSON.parse(a.body.toString()) as Script["schedules"];
          return ok({ schedules: script.schedules });
        }),
    ],
    [
      "GET",
      "/workers/durable_objects/namespaces",
      () =>
        ok(
          [...account.scripts].flatMap(([name, { namespaces }]) =>
            [...namespaces].map(([className, id]) => ({
              id,
              name: `${name}_${className}`,
              script: name,
              class: className,
            })),
          ),
        ),
    ],
  ] as const;
};

const jwt = (): string => {
  const text = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${text({ alg: "none" })}.${text({ exp: Math.floor(Date.now() / 1000) + 3600 })}.x`;
};
