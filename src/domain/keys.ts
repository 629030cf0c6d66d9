/** The one builder of R2 keys. Keys name the job's object, not the job, so a presigned URL gives nothing away. */
export const bucketKeys = {
  /** Everything of all jobs. */
  jobs: "jobs/",
  /** Everything of one job. */
  prefix: (objectId: string): string => `jobs/${objectId}/`,
  inputs: (objectId: string): string => `jobs/${objectId}/inputs.tar`,
  stdin: (objectId: string): string => `jobs/${objectId}/stdin`,
  /** What a door reads again when it answers. */
  door: (objectId: string): string => `jobs/${objectId}/door`,
  cases: (objectId: string): string => `jobs/${objectId}/cases`,
  /** A part that the client uploads; `random` makes each job's and part's key a fresh one. */
  upload: (objectId: string, part: string, random: string): string =>
    `jobs/${objectId}/uploads/${part}-${random}`,
  /** Id of the job object whose upload a key is; null for any other key. */
  uploadOwner: (key: string): string | null => /^jobs\/([0-9a-f]{64})\/uploads\//.exec(key)?.[1] ?? null,
  /** An output of one attempt, by its place in the list of outputs. */
  output: (attemptId: string, index: number): string => {
    const [objectId, attempt] = attemptId.split(".");
    return `jobs/${objectId}/outputs/${attempt}/${index}`;
  },
};
