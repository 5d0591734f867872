ALTER TABLE applications ADD COLUMN disabled_at TIMESTAMP;
ALTER TABLE applications ADD COLUMN rotated_at TIMESTAMP;
ALTER TABLE applications ADD COLUMN previous_secret_hash TEXT;
ALTER TABLE applications ADD COLUMN previous_secret_until TIMESTAMP;

CREATE TABLE revocations (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  application_id TEXT,
  issued_before TIMESTAMP,
  expires_at TIMESTAMP
);
CREATE INDEX revocations_application ON revocations (application_id, expires_at);
CREATE INDEX revocations_subject ON revocations (kind, subject);
CREATE INDEX revocations_expiry ON revocations (expires_at);

-- What a webhook was told outlives it. A foreign key can't be taken away in place.
CREATE TABLE new_event_deliveries (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  event_id TEXT NOT NULL,
  webhook_id TEXT NOT NULL,
  payload TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_at TIMESTAMP,
  delivered_at TIMESTAMP,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id, test, event_id) REFERENCES events (organization_id, test, id) ON DELETE CASCADE
);
INSERT INTO new_event_deliveries (organization_id, test, id, created_at, updated_at, reference, reference_origin, metadata,
    event_id, webhook_id, payload, attempts, next_attempt_at, delivered_at)
  SELECT organization_id, test, id, created_at, updated_at, reference, reference_origin, metadata,
    event_id, webhook_id, payload, attempts, next_attempt_at, delivered_at
  FROM event_deliveries;
DROP TABLE event_deliveries;
ALTER TABLE new_event_deliveries RENAME TO event_deliveries;
CREATE INDEX event_deliveries_event ON event_deliveries (organization_id, test, event_id);
CREATE INDEX event_deliveries_webhook ON event_deliveries (organization_id, test, webhook_id);
CREATE INDEX event_deliveries_due ON event_deliveries (organization_id, test, webhook_id, next_attempt_at)
  WHERE next_attempt_at IS NOT NULL;
