import { inject } from "vitest";
import { addKey } from "./keys.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where clients of typed jobs and workloads put a key; `none` where the service is open. */
    keyPlace: string;
  }
}

const KEY = "spk_of-the-suites-clients";
const OWNER = "suite";
const PLACES: Readonly<Record<string, readonly [header: string, value: string]>> = {
  "x-api-key": ["x-api-key", KEY],
  authorization: ["authorization", KEY],
  bearer: ["authorization", `Bearer ${KEY}`],
  basic: ["authorization", `Basic ${btoa(`anybody:${KEY}`)}`],
};

const placeOf = () => {
  const name = inject("keyPlace");
  const place = PLACES[name];
  if (place === undefined && name !== "none") throw new Error(`KEY_PLACE is none of ${Object.keys(PLACES)}`);
  return place ?? null;
};

/** Whose the jobs of the suites' clients are; null where nobody needs a key. */
export const suiteOwner = (): string | null => (placeOf() === null ? null : OWNER);

/** Of the faces that want a key; strangers use the runs. */
const WANTS_KEY = /^\/(?:jobs|settings|calculator|files)(?:[/?]|$)/;

/** A request of the suites' client as it is, or with the key of this run of the suites where it has no credentials. */
export const withKey = (path: string, headers: Headers): Headers => {
  const place = placeOf();
  const isKnown = headers.has("x-api-key") || headers.has("authorization");
  if (place !== null && !isKnown && WANTS_KEY.test(path)) headers.set(...place);
  return headers;
};

/** Makes the key, where this run of the suites wants one. */
export const addSuiteKey = async (): Promise<void> => {
  if (placeOf() !== null) await addKey({ text: KEY, owner: OWNER, quotaClass: "suite" });
};
