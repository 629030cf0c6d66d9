/** A fault that is put into the core as it is loaded; the simulation must find it. */
export type Mutation = {
  readonly name: string;
  /** Each `find` stands once in its file, below the project's folder. */
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
};

const ATTEMPTS = "durable/job-attempts.ts";

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
    edits: [{ file: "durable/job-object.ts", find: "    this.#storage.noteRemoving();\n", replace: "" }],
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
