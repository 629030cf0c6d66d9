/** A fault that is put into the core as it is loaded; the simulation must find it. */
export type Mutation = {
  readonly name: string;
  /** Each `find` stands once in its file, below the project's folder. */
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
};

const ATTEMPTS = "durable/job-attempts.ts";
const TAKEN_OVER = 'const jobId = record?.kind === "claimed" ? record.jobId : claim.jobId;';
const TYPED = "src/domain/typed-jobs/lifecycle.ts";

export const mutations: readonly Mutation[] = [
  {
    name: "fence",
    edits: [
      {
        file: ATTEMPTS,
        find: "return record === null || attempt?.id !== attemptId ? null : { record, attempt };",
        replace: "return record === null || attempt === null ? null : { record, attempt };",
      },
      {
        file: ATTEMPTS,
        find: 'if (!this.#deps.ids.isSame(bearer.tokenHash, attempt.tokenHash)) return { kind: "unauthorized" };',
        replace: "",
      },
    ],
  },
  {
    name: "lease-check",
    edits: [
      {
        file: "src/domain/job/lifecycle.ts",
        find: 'if (now >= record.attempt.leaseUntilMs) return loseAttempt(record, "the executor stopped reporting", now);',
        replace: "",
      },
      {
        file: "src/domain/job/deadlines.ts",
        find: "leaseUntilMs: record.attempt.leaseUntilMs, ",
        replace: "",
      },
    ],
  },
  {
    name: "settlement",
    edits: [
      {
        file: "durable/job-effects.ts",
        find: "effects.push(this.chargeQuota(record), this.announce(record));",
        replace: "effects.push(this.announce(record));",
      },
    ],
  },
  {
    name: "repeated-effect",
    edits: [
      {
        file: "durable/job-effects.ts",
        find: "if (failures.length > 0) return this.retryLater();",
        replace: "",
      },
    ],
  },
  {
    name: "alarm-of-what-changed",
    edits: [
      {
        file: "durable/job-effects.ts",
        find: "if (this.#jobStorage.record()?.version !== record.version) return this.#standBy();",
        replace: "",
      },
    ],
  },
  {
    name: "row-version-guard",
    edits: [
      {
        file: "test/simulation/world.ts",
        find: "if (known === undefined || known.version < row.version) this.rows.set(row.objectId, row);",
        replace: "this.rows.set(row.objectId, row);",
      },
    ],
  },
  {
    name: "asking-again",
    edits: [
      {
        file: "durable/job-changes.ts",
        find: "if (isAskDue(record, now)) effects.push(this.#effects.askAgain(record));",
        replace: "",
      },
    ],
  },
  {
    name: "noted-removal",
    edits: [{ file: "durable/job-ending.ts", find: "    storage.noteRemoving();\n", replace: "" }],
  },
  {
    name: "typed-claim",
    edits: [{ file: TYPED, find: 'if (job.status !== "queued") return null;', replace: "" }],
  },
  {
    name: "typed-lease",
    edits: [
      {
        file: TYPED,
        find: 'if (job.status !== "processing" || job.lease === null || job.lease.untilMs > now) return null;',
        replace: "if (now > 0) return null;",
      },
      {
        file: TYPED,
        find: "[expiresAtMs, lease?.untilMs ?? null]",
        replace: "[expiresAtMs, lease === null ? null : null]",
      },
    ],
  },
  {
    name: "typed-stale-write",
    edits: [
      {
        file: TYPED,
        find: 'if (Array.isArray(guard.versions) && !guard.versions.includes(job.version)) return "stale";',
        replace: "",
      },
    ],
  },
  {
    name: "typed-strict-end",
    edits: [
      {
        file: TYPED,
        find: 'return repeats && status === job.status ? null : "terminal";',
        replace: "return null;",
      },
    ],
  },
  {
    name: "typed-repeated-row",
    edits: [
      {
        file: "durable/typed-job-object.ts",
        find: "    const isProjected = await this.#effects.project(version);\n",
        replace: "    const isProjected = version >= 0;\n",
      },
    ],
  },
  {
    name: "typed-noted-removal",
    edits: [
      { file: "durable/typed-job-object.ts", find: "    this.#storage.noteRemoving();\n", replace: "" },
    ],
  },
  {
    name: "typed-owed-message",
    edits: [
      {
        file: "durable/typed-job-object.ts",
        find: "    await this.#effects.send();\n    const version",
        replace: "    const version",
      },
    ],
  },
  {
    name: "typed-announcement-by-end",
    edits: [
      {
        file: "durable/typed-job-object.ts",
        find: "this.#effects.oweEndOf(this.#storage.job());",
        replace: "",
      },
    ],
  },
  {
    name: "delivery-retry",
    edits: [
      {
        file: "src/domain/webhooks/delivery.ts",
        find: "return { ...tried, nextAttemptAtMs: now + delayMs };",
        replace: "return { ...tried, nextAttemptAtMs: null };",
      },
    ],
  },
  {
    name: "delivery-row",
    edits: [
      {
        file: "durable/webhook-object.ts",
        find: "    if (now < wakeAtMs(delivery)) return this.#showRow(delivery);\n",
        replace: "    if (now < wakeAtMs(delivery)) return;\n",
      },
    ],
  },
  {
    name: "key-taken-over",
    edits: [
      {
        file: "src/domain/idempotency/claim.ts",
        find: TAKEN_OVER,
        replace: "const jobId = claim.jobId;",
      },
    ],
  },
  {
    name: "key-in-flight",
    edits: [
      {
        file: "src/domain/idempotency/claim.ts",
        find: 'if (isLive && record.kind === "claimed") return { outcome: { kind: "in_flight" }, record: null };',
        replace: "",
      },
      { file: "src/domain/idempotency/claim.ts", find: TAKEN_OVER, replace: "const jobId = claim.jobId;" },
    ],
  },
];

const once = (text: string, find: string, replace: string, file: string): string => {
  if (text.split(find).length !== 2) throw new Error(`${file} does not have once: ${find}`);
  return text.replace(find, () => replace);
};

/** Puts the named fault into the sources as they are loaded; files on the disk stay as they are. */
export const mutating = (name: string | undefined) => {
  const mutation = mutations.find((one) => one.name === name);
  if (name !== undefined && mutation === undefined) throw new Error(`there is no mutation ${name}`);
  return {
    name: "sandpiper-mutations",
    enforce: "pre" as const,
    transform: (code: string, id: string): string | undefined => {
      const edits = mutation?.edits.filter(({ file }) => id.endsWith(`/${file}`)) ?? [];
      if (edits.length === 0) return undefined;
      return edits.reduce((text, { file, find, replace }) => once(text, find, replace, file), code);
    },
  };
};
