import { randomUUID } from "node:crypto";
import { type Account, type Bucket, type Consumer, hexId, type Queue } from "./account.ts";
import { type Answer, type Asked, json, ok, pageOf, part, refused } from "./answer.ts";

const shownQueue = ({ queue_id, queue_name, consumers }: Queue) => ({
  queue_id,
  queue_name,
  producers: [],
  producers_total_count: 0,
  consumers: consumers.map((consumer) => ({ ...consumer, type: "worker", queue_name })),
  consumers_total_count: consumers.length,
  created_on: "2026-11-20T00:00:00Z",
  modified_on: "2026-11-20T00:00:00Z",
});

const queueRoutes = (account: Account) => {
  const byId = (asked: Asked, then: (queue: Queue) => Answer): Answer => {
    const queue = [...account.queues.values()].find(({ queue_id }) => queue_id === part(asked, 0));
    return queue === undefined ? refused(404, 11_000, "queue not found") : then(queue);
  };
  const consumerOf = (asked: Asked): Consumer => {
    const { script_name: script, settings, dead_letter_queue: dead } = json(asked);
    return {
      consumer_id: hexId(),
      script: String(script),
      settings,
      ...(dead ? { dead_letter_queue: String(dead) } : {}),
    };
  };
  return [
    [
      "GET",
      "/queues",
      ({ query }: Asked) =>
        pageOf(
          [...account.queues.values()]
            .filter(({ queue_name }) => !query.get("name") || query.getAll("name").includes(queue_name))
            .map(shownQueue),
        ),
    ],
    [
      "POST",
      "/queues",
      (a: Asked) => {
        const name = String(json(a).queue_name);
        if (account.queues.has(name)) return refused(409, 11_009, `Queue name '${name}' is already taken.`);
        const queue = { queue_id: hexId(), queue_name: name, consumers: [] };
        account.queues.set(name, queue);
        return ok(shownQueue(queue));
      },
    ],
    ["GET", "/queues/*", (a: Asked) => byId(a, (queue) => ok(shownQueue(queue)))],
    [
      "DELETE",
      "/queues/*",
      (a: Asked) =>
        byId(a, (queue) => {
          if (queue.consumers.length > 0) return refused(400, 11_005, "the queue has a consumer");
          account.queues.delete(queue.queue_name);
          return ok(null);
        }),
    ],
    [
      "GET",
      "/queues/*/metrics",
      (a: Asked) =>
        byId(a, () => ok({ backlog_count: 3, backlog_bytes: 120, oldest_message_timestamp_ms: 0 })),
    ],
    ["GET", "/queues/*/consumers", (a: Asked) => byId(a, (queue) => ok(shownQueue(queue).consumers))],
    [
      "POST",
      "/queues/*/consumers",
      (a: Asked) =>
        byId(a, (queue) => {
          if (queue.consumers.length > 0) return refused(400, 11_004, "the queue has a consumer already");
          const consumer = consumerOf(a);
          queue.consumers.push(consumer);
          return ok({ ...consumer, queue_name: queue.queue_name });
        }),
    ],
    [
      "PUT",
      "/queues/*/consumers/*",
      (a: Asked) =>
        byId(a, (queue) => {
          const consumer = queue.consumers.find(({ consumer_id }) => consumer_id === part(a, 1));
          if (consumer === undefined) return refused(404, 11_002, "no such consumer");
          consumer.settings = json(a).settings;
          return ok({ ...consumer, queue_name: queue.queue_name });
        }),
    ],
    [
      "DELETE",
      "/queues/*/consumers/*",
      (a: Asked) =>
        byId(a, (queue) => {
          queue.consumers = queue.consumers.filter(({ consumer_id }) => consumer_id !== part(a, 1));
          return ok(null);
        }),
    ],
  ] as const;
};

const bucketRoutes = (account: Account) => {
  const named = (asked: Asked, then: (bucket: Bucket) => Answer): Answer => {
    const bucket = account.buckets.get(part(asked, 0));
    return bucket === undefined || bucket.jurisdiction !== asked.jurisdiction
      ? refused(404, 10_006, "The specified bucket does not exist.")
      : then(bucket);
  };
  return [
    [
      "GET",
      "/r2/buckets",
      () =>
        ok({
          buckets: [...account.buckets.keys()].map((name) => ({
            name,
            creation_date: "2026-11-20T00:00:00Z",
          })),
        }),
    ],
    [
      "POST",
      "/r2/buckets",
      (a: Asked) => {
        const name = String(json(a).name);
        if (account.buckets.has(name))
          return refused(409, 10_004, "The bucket you tried to create already exists, and you own it.");
        account.buckets.set(name, {
          jurisdiction: a.jurisdiction,
          cors: null,
          lifecycle: null,
          notifications: new Map(),
          objects: 0,
        });
        return ok({ name });
      },
    ],
    [
      "GET",
      "/r2/buckets/*",
      (a: Asked) =>
        named(a, () =>
          ok({
            name: part(a, 0),
            creation_date: "2026-11-20T00:00:00Z",
            location: "WEUR",
            storage_class: "Standard",
          }),
        ),
    ],
    [
      "DELETE",
      "/r2/buckets/*",
      (a: Asked) =>
        named(a, ({ objects }) => {
          if (objects > 0) return refused(409, 10_008, "The bucket you tried to delete is not empty.");
          account.buckets.delete(part(a, 0));
          return ok({});
        }),
    ],
    [
      "GET",
      "/r2/buckets/*/cors",
      (a: Asked) =>
        named(a, ({ cors }) =>
          cors === null ? refused(404, 10_059, "The CORS configuration does not exist.") : ok(cors),
        ),
    ],
    [
      "PUT",
      "/r2/buckets/*/cors",
      (a: Asked) =>
        named(a, (bucket) => {
          bucket.cors = json(a);
          return ok({});
        }),
    ],
    [
      "GET",
      "/r2/buckets/*/lifecycle",
      (a: Asked) => named(a, ({ lifecycle }) => ok(lifecycle ?? { rules: [] })),
    ],
    [
      "PUT",
      "/r2/buckets/*/lifecycle",
      (a: Asked) =>
        named(a, (bucket) => {
          bucket.lifecycle = json(a);
          return ok({});
        }),
    ],
    [
      "GET",
      "/event_notifications/r2/*/configuration",
      (a: Asked) =>
        named(a, ({ notifications }) =>
          notifications.size === 0
            ? refused(404, 11_015, "no event notification configuration")
            : ok({
                bucketName: part(a, 0),
                queues: [...notifications].map(([queueId, rules]) => ({
                  queueId,
                  queueName:
                    [...account.queues.values()].find(({ queue_id }) => queue_id === queueId)?.queue_name ??
                    "",
                  rules,
                })),
              }),
        ),
    ],
    [
      "PUT",
      "/event_notifications/r2/*/configuration/queues/*",
      (a: Asked) =>
        named(a, (bucket) => {
          if (bucket.notifications.has(part(a, 1))) return refused(409, 11_020, "an overlapping rule exists");
          bucket.notifications.set(part(a, 1), (json(a).rules as unknown[]) ?? []);
          return ok({});
        }),
    ],
    [
      "DELETE",
      "/event_notifications/r2/*/configuration/queues/*",
      (a: Asked) =>
        named(a, (bucket) => {
          bucket.notifications.delete(part(a, 1));
          return ok({});
        }),
    ],
  ] as const;
};

const databaseRoutes = (account: Account) => {
  const found = (asked: Asked) =>
    [...account.databases.values()].find(({ uuid, name }) => [uuid, name].includes(part(asked, 0)));
  const absent = refused(404, 7404, "The database could not be found");
  /** Understands what migrations ask of their own table; any other statement is taken as carried out. */
  const query = (asked: Asked): Answer => {
    const database = found(asked);
    if (database === undefined) return absent;
    const sql = String(json(asked).sql);
    for (const [, name] of sql.matchAll(/INSERT INTO "?d1_migrations"? \(name\)\s*values \('([^']+)'\)/gi)) {
      if (name !== undefined && !database.applied.includes(name)) database.applied.push(name);
    }
    const asksApplied = /SELECT[^;]*FROM "?d1_migrations"?/i.test(sql);
    const results = asksApplied
      ? database.applied.map((name, index) => ({ id: index + 1, name, applied_at: "2026-11-20" }))
      : [];
    return ok([{ results, success: true, meta: {} }]);
  };
  return [
    [
      "GET",
      "/d1/database",
      (a: Asked) => {
        const name = a.query.get("name");
        return pageOf(
          [...account.databases.values()]
            .filter((database) => !name || database.name === name)
            .map(({ uuid, name: own }) => ({ uuid, name: own, version: "production" })),
        );
      },
    ],
    [
      "POST",
      "/d1/database",
      (a: Asked) => {
        const name = String(json(a).name);
        if (account.databases.has(name))
          return refused(400, 7502, "A database with that name already exists");
        const database = { uuid: randomUUID(), name, applied: [] };
        account.databases.set(name, database);
        return ok({ uuid: database.uuid, name, version: "production" });
      },
    ],
    [
      "GET",
      "/d1/database/*",
      (a: Asked) => {
        const database = found(a);
        return database === undefined
          ? absent
          : ok({
              uuid: database.uuid,
              name: database.name,
              version: "production",
              file_size: 40_960,
              num_tables: 5,
            });
      },
    ],
    [
      "DELETE",
      "/d1/database/*",
      (a: Asked) => {
        const database = found(a);
        if (database === undefined) return absent;
        account.databases.delete(database.name);
        return ok(null);
      },
    ],
    ["POST", "/d1/database/*/query", query],
    [
      "GET",
      "/d1/database/*/time_travel/bookmark",
      (a: Asked) =>
        found(a) === undefined
          ? absent
          : ok({ bookmark: "00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683" }),
    ],
  ] as const;
};

export const storageRoutes = (account: Account) => [
  ...queueRoutes(account),
  ...bucketRoutes(account),
  ...databaseRoutes(account),
];
