const RUN_ID = /^job-[0-9a-f]{32}$/;

/** Whether a text could be the id of a run; anything else is an unknown job. */
export const isRunId = (text: string): boolean => RUN_ID.test(text);
