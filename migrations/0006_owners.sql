-- Whose a typed job is, or a run: the owner of the key that it was made with; null where none was needed.
-- The indexes are partial, so that a job of nobody costs no further entry, and hold the order of the lists.
ALTER TABLE typed_jobs ADD COLUMN owner TEXT;

CREATE INDEX typed_jobs_of_owner ON typed_jobs (owner, registered_at_ms, job_id) WHERE owner IS NOT NULL;
CREATE INDEX typed_jobs_of_owner_by_status ON typed_jobs (owner, status, registered_at_ms, job_id)
  WHERE owner IS NOT NULL;
CREATE INDEX jobs_runs_of_owner ON jobs (owner, created_at_ms, object_id)
  WHERE face = 'runs' AND owner IS NOT NULL;
CREATE INDEX jobs_runs_of_owner_by_state ON jobs (owner, state, created_at_ms, object_id)
  WHERE face = 'runs' AND owner IS NOT NULL;
