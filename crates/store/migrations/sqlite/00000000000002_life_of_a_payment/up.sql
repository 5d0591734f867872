ALTER TABLE payment_gateways ADD COLUMN multicapture BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE payment_gateways ADD COLUMN webhook_token TEXT;
ALTER TABLE payment_gateways ADD COLUMN webhook_endpoint_id TEXT;
ALTER TABLE payment_gateways ADD COLUMN webhook_secrets TEXT;
CREATE UNIQUE INDEX payment_gateways_webhook_token ON payment_gateways (webhook_token);

ALTER TABLE payment_methods ADD COLUMN auto_capture_max_amount_cents BIGINT;

ALTER TABLE payment_sources ADD COLUMN check_at TIMESTAMP;
CREATE INDEX payment_sources_check ON payment_sources (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX payment_sources_psp_id ON payment_sources (organization_id, test, psp_id);

ALTER TABLE transactions ADD COLUMN canceled BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE gateway_operations ADD COLUMN goal TEXT;

CREATE TABLE gateway_events (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  payment_gateway_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  psp_id TEXT,
  transaction_id TEXT,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_at TIMESTAMP,
  processed_at TIMESTAMP,
  flagged_at TIMESTAMP,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id),
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id)
    ON DELETE CASCADE
) WITHOUT ROWID;
CREATE UNIQUE INDEX gateway_events_event ON gateway_events (organization_id, test, payment_gateway_id, event_id);
CREATE INDEX gateway_events_due ON gateway_events (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- The failures of an address are counted for each payment; those that went well are not to be read for that.
DROP INDEX transactions_address;
CREATE INDEX transactions_address ON transactions (organization_id, test, address, status, created_at);
