-- The form of a row, which a Worker of an earlier version may not know; rows of before have the first.
ALTER TABLE jobs ADD COLUMN schema INTEGER NOT NULL DEFAULT 1;
ALTER TABLE typed_jobs ADD COLUMN schema INTEGER NOT NULL DEFAULT 1;
