/** The one builder of R2 keys. Keys name the job's object, not the job, so a presigned URL gives nothing away. */
export const bucketKeys = {
  /** Everything of one job. */
  prefix: (objectId: string): string => `jobs/${objectId}/`,
  inputs: (objectId: string): string => `jobs/${objectId}/inputs.tar`,
  stdin: (objectId: string): string => `jobs/${objectId}/stdin`,
  /** An output of one attempt, by its place in the list of outputs. */
  output: (attemptId: string, index: number): string => {
    const [objectId, attempt] = attemptId.split(".");
    return `jobs/${objectId}/outputs/${attempt}/${index}`;
  },
};
