-- What workload jobs are searched by. The indexes are partial, so that the rows of other faces cost no
-- further entry, and hold the whole order of a list, so that a page reads no row that it does not show.
-- owner is the hash of an API key, or '' where none is needed.
ALTER TABLE jobs ADD COLUMN workload TEXT;
ALTER TABLE jobs ADD COLUMN owner TEXT;
ALTER TABLE jobs ADD COLUMN params TEXT;
ALTER TABLE jobs ADD COLUMN files_deleted_at_ms INTEGER;

CREATE INDEX jobs_workload ON jobs (workload, owner, created_at_ms, public_id) WHERE face = 'workloads';
CREATE INDEX jobs_workload_by_state ON jobs (workload, owner, state, created_at_ms, public_id)
  WHERE face = 'workloads';
