import { DEFAULT_FIELDS } from "./fields.ts";
import { judge0Submission } from "./submission-record.ts";
import { type Seen, viewOf } from "./view.ts";

/** What a callback says of a submission: the members that are shown unasked, in base64. `data` is what the door kept. */
export const callbackOf = ({
  data,
  ...seen
}: Omit<Seen, "submission"> & { readonly data: Uint8Array }): Record<string, unknown> | null => {
  const submission = judge0Submission.parse(JSON.parse(new TextDecoder().decode(data)));
  return viewOf({ ...seen, submission }, DEFAULT_FIELDS, true);
};
