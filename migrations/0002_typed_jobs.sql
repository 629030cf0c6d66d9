-- One row per typed job: a projection of its object, from which lists are answered alone. The view holds
-- all that no filter asks for, as JSON or as gzip of it. Instants are epoch milliseconds.
-- The key and the indexes hold the order of the lists and what they filter by, so that a list reads no
-- row that it does not return; ids and statuses are looked up one by one.
CREATE TABLE typed_jobs (
  registered_at_ms INTEGER NOT NULL,
  job_id TEXT NOT NULL,
  status TEXT NOT NULL,
  version INTEGER NOT NULL,
  view ANY NOT NULL,
  PRIMARY KEY (registered_at_ms, job_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX typed_jobs_by_status ON typed_jobs (status, registered_at_ms, job_id);
CREATE INDEX typed_jobs_by_id ON typed_jobs (job_id, status);
