const RUN_ID = /^job-[0-9a-f]{32}$/;

/** Whether a text could be the id of a run (contract runs.md 0.3); anything else is an unknown job. */
export const isRunId = (text: string): boolean => RUN_ID.test(text);
