-- One row per delivery of a webhook that was tried: a projection of its object, for the operator's list. urgency puts
-- those first that failed for good (0 failed, 1 disabled, 2 pending, 3 delivered). The receiver's address is not here.
CREATE TABLE webhook_deliveries (
  id TEXT NOT NULL PRIMARY KEY,
  urgency INTEGER NOT NULL,
  type TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  last_status INTEGER,
  last_error TEXT,
  next_attempt_at_ms INTEGER,
  updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_deliveries_by_urgency ON webhook_deliveries (urgency, updated_at_ms, id);
