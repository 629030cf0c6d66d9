/** Caps that the Worker promises and the executor enforces; sizes in bytes, durations in milliseconds. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** An attempt that has not reported for this long has lost its lease. */
export const LEASE_MS = 45_000;
/** The executor reports at least this often while it holds an attempt. */
export const HEARTBEAT_MS = 10_000;
/** After the first log record, further ones are sent at most this often. */
export const LOG_FLUSH_MS = 50;

/** One report may carry at most this much log text, so that a batch stays far below a stored value's 2 MB. */
export const REPORT_LOG_BYTES = 512 * KIB;
export const REPORT_BODY_BYTES = 4 * MIB;
export const REPORT_EVENTS = 2_000;

/** Where the executor in a container answers for its health. */
export const CONTAINER_PORT = 8_788;

/** Log bytes kept per stream; passing it ends the job with `output_limit`. */
export const OUTPUT_BYTES_PER_STREAM = 10 * MIB;

export const OUTPUT_FILES = 1_000;
export const OUTPUT_PATH_CHARS = 255;
export const OUTPUT_PATH_LEVELS = 9;
export const OUTPUT_FILE_BYTES = 100 * MIB;
export const OUTPUT_TOTAL_BYTES = 100 * MIB;

/** Inputs up to this size travel inside messages; larger ones by presigned URL. */
export const INLINE_BYTES = 128 * KIB;
export const INPUT_ENTRIES = 10_000;
export const INPUT_BYTES = 100 * MIB;

export const ARGS_COUNT = 1_000;
export const ARGS_BYTES = 128 * KIB;
/** The kernel takes no longer argument: 128 KiB with the NUL that ends it. */
export const ARGUMENT_BYTES = 128 * KIB - 1;
export const ENV_NAMES = 64;
export const ENV_BYTES = 32 * KIB;
export const STDIN_BYTES = MIB;

export const SANDBOX_PROCESSES = 256;
export const SANDBOX_OPEN_FILES = 1_024;
export const SANDBOX_TMP_BYTES = 64 * MIB;
