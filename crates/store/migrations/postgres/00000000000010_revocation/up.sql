ALTER TABLE applications ADD COLUMN disabled_at TIMESTAMP;
ALTER TABLE applications ADD COLUMN rotated_at TIMESTAMP;
ALTER TABLE applications ADD COLUMN previous_secret_hash TEXT;
ALTER TABLE applications ADD COLUMN previous_secret_until TIMESTAMP;

CREATE TABLE revocations (
  sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  application_id TEXT,
  issued_before TIMESTAMP,
  expires_at TIMESTAMP
);
CREATE INDEX revocations_application ON revocations (application_id, expires_at);
CREATE INDEX revocations_subject ON revocations (kind, subject);
CREATE INDEX revocations_expiry ON revocations (expires_at);

-- What a webhook was told outlives it. Versions of PostgreSQL give the constraint different names.
DO $$
DECLARE
  reference TEXT;
BEGIN
  FOR reference IN
    SELECT conname FROM pg_constraint
    WHERE contype = 'f' AND conrelid = 'event_deliveries'::regclass AND confrelid = 'webhooks'::regclass
  LOOP
    EXECUTE format('ALTER TABLE event_deliveries DROP CONSTRAINT %I', reference);
  END LOOP;
END
$$;
