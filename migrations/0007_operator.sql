-- What the operator's face keeps. until_ms null: until it is taken back.
CREATE TABLE blocks (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  until_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE switches (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every call of the operator's: when, what, by which token (first digits of its hash), and to how many.
CREATE TABLE audit (
  at_ms INTEGER NOT NULL,
  id TEXT NOT NULL,
  action TEXT NOT NULL,
  token TEXT NOT NULL,
  status INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (at_ms, id)
) STRICT, WITHOUT ROWID;
