-- One row per job: a projection of its job object, for lists, searches and sweeps.
-- public_id is null for anonymous runs, whose id is a secret that only its holder knows.
CREATE TABLE jobs (
  object_id TEXT NOT NULL PRIMARY KEY,
  public_id TEXT,
  face TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  finished_at_ms INTEGER
) WITHOUT ROWID;

-- Partial, so that an update of an unfinished row and the insert of a finished one write no index entry.
CREATE INDEX jobs_unfinished ON jobs (face, created_at_ms) WHERE finished_at_ms IS NULL;
