import type { Issue } from "../wire/job-views.ts";

type Checked = { readonly issues?: readonly Issue[] | undefined };

/** A model that can check a result: a schema of zod, or of any library of the Standard Schema 1. */
export type ResultModel<Input = unknown> = {
  readonly "~standard": {
    readonly validate: (value: unknown) => Checked | Promise<Checked>;
    readonly types?: { readonly input: Input } | undefined;
  };
};

/** What a model takes. */
export type InputOf<Model extends ResultModel> = NonNullable<Model["~standard"]["types"]>["input"];
