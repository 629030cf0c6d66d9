-- What the owner of a key is shown of a run in a list: JSON; null for runs that stand in none.
ALTER TABLE jobs ADD COLUMN summary TEXT;

-- In the words that the runs have for states, so that a page by one of them reads no row that it does not show.
-- Runs that came by a door stand in no list, and cost no entry.
DROP INDEX jobs_runs_of_owner;
DROP INDEX jobs_runs_of_owner_by_state;
CREATE INDEX jobs_runs_listed ON jobs (owner, created_at_ms, public_id)
  WHERE face = 'runs' AND owner IS NOT NULL AND door IS NULL;
CREATE INDEX jobs_runs_listed_by_status ON jobs
  (owner, (CASE state WHEN 'succeeded' THEN 'completed' WHEN 'running' THEN 'running'
     WHEN 'queued' THEN 'queued' WHEN 'created' THEN 'queued' ELSE 'failed' END), created_at_ms, public_id)
  WHERE face = 'runs' AND owner IS NOT NULL AND door IS NULL;
