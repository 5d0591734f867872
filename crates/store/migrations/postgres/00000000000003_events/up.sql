CREATE TABLE webhooks (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  name TEXT,
  topic TEXT NOT NULL,
  callback_url TEXT NOT NULL,
  include_resources TEXT,
  disabled_at TIMESTAMP,
  circuit_state TEXT NOT NULL,
  circuit_failure_count BIGINT NOT NULL,
  shared_secret TEXT NOT NULL,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id)
);
CREATE INDEX webhooks_topic ON webhooks (organization_id, test, topic);

CREATE TABLE outbox (
  sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  test BOOLEAN NOT NULL,
  created_at TIMESTAMP NOT NULL,
  changes TEXT NOT NULL
);

CREATE TABLE events (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  name TEXT NOT NULL,
  resource_type TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id)
);
CREATE INDEX events_created ON events (organization_id, test, created_at, id);
CREATE INDEX events_resource ON events (organization_id, test, resource_id);
CREATE INDEX events_age ON events (created_at);

CREATE TABLE event_deliveries (
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
  FOREIGN KEY (organization_id, test, event_id) REFERENCES events (organization_id, test, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, test, webhook_id) REFERENCES webhooks (organization_id, test, id) ON DELETE CASCADE
);
CREATE INDEX event_deliveries_event ON event_deliveries (organization_id, test, event_id);
CREATE INDEX event_deliveries_webhook ON event_deliveries (organization_id, test, webhook_id);
CREATE INDEX event_deliveries_due ON event_deliveries (organization_id, test, webhook_id, next_attempt_at)
  WHERE next_attempt_at IS NOT NULL;

CREATE TABLE event_callbacks (
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
  delivery_id TEXT NOT NULL,
  callback_url TEXT NOT NULL,
  response_code TEXT,
  response_message TEXT,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id, test, delivery_id) REFERENCES event_deliveries (organization_id, test, id) ON DELETE CASCADE
);
CREATE INDEX event_callbacks_created ON event_callbacks (organization_id, test, created_at, id);
CREATE INDEX event_callbacks_webhook ON event_callbacks (organization_id, test, webhook_id, created_at);
CREATE INDEX event_callbacks_event ON event_callbacks (organization_id, test, event_id, created_at);
CREATE INDEX event_callbacks_delivery ON event_callbacks (organization_id, test, delivery_id);
