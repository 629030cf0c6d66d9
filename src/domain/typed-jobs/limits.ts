/** A payload as it comes in and as it is stored. */
export const PAYLOAD_BYTES = 1_048_576;
/** A body in base64, with the line breaks that some encoders put in. */
export const BASE64_BODY_BYTES = Math.ceil((PAYLOAD_BYTES * 4) / 3) + 65_536;
/** All `errors` and `warnings` of a job: one D1 row holds the whole job (platform: 2 MB a row). */
export const NOTES_BYTES = 262_144;
/** The merged settings, which every job gets a copy of. */
export const SETTINGS_BYTES = 65_536;
/** A queue message ends at 128 KB, its envelope included (platform). */
export const MESSAGE_BYTES = 127_000;
/** Levels of nesting in a body; deeper ones would exhaust the stack of whoever walks them. */
export const JSON_DEPTH = 200;
/** A row's view is compressed from here on, and refused when it is still larger than the next. */
export const PLAIN_VIEW_BYTES = 1_500_000;
export const VIEW_BYTES = 1_950_000;
/** A list page ends early here, so that a Worker's 128 MB never run out. */
export const PAGE_BYTES = 8_388_608;

export const LIST_LIMIT = { min: 50, max: 500, fallback: 250 } as const;
export const LIST_IDS = 175;

const utf8 = new TextEncoder();

export const utf8Bytes = (text: string): number =>
  text.length > 3_000_000 ? text.length : utf8.encode(text).byteLength;
