-- The door that a run came by, its language and its verdict, from which the statistics of the Judge0 door are
-- counted; null where a run has none.
ALTER TABLE jobs ADD COLUMN door TEXT;
ALTER TABLE jobs ADD COLUMN language TEXT;
ALTER TABLE jobs ADD COLUMN verdict TEXT;
