-- A table without rowids keeps whole rows in all levels of its tree, and reads what of a row does not fit on a page at each
-- comparison. That is right for rows of 200 bytes (https://www.sqlite.org/withoutrowid.html), which these are not. How a
-- table is stored can't be changed in place. What belongs to an organization through something else it refers to does not
-- refer to the organization itself any more: each reference is looked up at each insert.

CREATE TABLE new_markets (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  number BIGINT NOT NULL,
  name TEXT NOT NULL,
  code TEXT,
  currency_code TEXT NOT NULL,
  checkout_url TEXT,
  disabled_at TIMESTAMP,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id)
);
INSERT INTO new_markets SELECT * FROM markets;
DROP TABLE markets;
ALTER TABLE new_markets RENAME TO markets;
CREATE INDEX markets_created ON markets (organization_id, test, created_at, id);
CREATE UNIQUE INDEX markets_code ON markets (organization_id, test, code);

CREATE TABLE new_customers (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  email TEXT NOT NULL,
  shopper_reference TEXT,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id)
);
INSERT INTO new_customers SELECT * FROM customers;
DROP TABLE customers;
ALTER TABLE new_customers RENAME TO customers;
CREATE INDEX customers_created ON customers (organization_id, test, created_at, id);
CREATE UNIQUE INDEX customers_email ON customers (organization_id, test, email);

CREATE TABLE new_payment_gateways (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  force_payments BOOLEAN NOT NULL,
  disabled_at TIMESTAMP,
  base_url TEXT NOT NULL,
  secret_key TEXT NOT NULL,
  credential_keys TEXT NOT NULL,
  public_key TEXT,
  connected_account TEXT,
  api_version TEXT,
  processing_channel_id TEXT,
  authorize_on_create BOOLEAN NOT NULL,
  return_url TEXT,
  multicapture BOOLEAN NOT NULL DEFAULT FALSE,
  webhook_token TEXT,
  webhook_endpoint_id TEXT,
  webhook_secrets TEXT,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id)
);
INSERT INTO new_payment_gateways SELECT * FROM payment_gateways;
DROP TABLE payment_gateways;
ALTER TABLE new_payment_gateways RENAME TO payment_gateways;
CREATE INDEX payment_gateways_created ON payment_gateways (organization_id, test, created_at, id);
CREATE UNIQUE INDEX payment_gateways_webhook_token ON payment_gateways (webhook_token);

CREATE TABLE new_payment_methods (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  name TEXT,
  payment_source_type TEXT NOT NULL,
  currency_code TEXT NOT NULL,
  moto BOOLEAN NOT NULL,
  require_capture BOOLEAN NOT NULL,
  auto_place BOOLEAN NOT NULL,
  auto_capture BOOLEAN NOT NULL,
  price_amount_cents BIGINT NOT NULL,
  disabled_at TIMESTAMP,
  market_id TEXT,
  payment_gateway_id TEXT NOT NULL,
  auto_capture_max_amount_cents BIGINT,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id, test, market_id) REFERENCES markets (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id)
);
INSERT INTO new_payment_methods SELECT * FROM payment_methods;
DROP TABLE payment_methods;
ALTER TABLE new_payment_methods RENAME TO payment_methods;
CREATE INDEX payment_methods_created ON payment_methods (organization_id, test, created_at, id);
CREATE INDEX payment_methods_gateway ON payment_methods (organization_id, test, payment_gateway_id);

CREATE TABLE new_orders (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  number TEXT NOT NULL,
  status TEXT NOT NULL,
  payment_status TEXT NOT NULL,
  fulfillment_status TEXT NOT NULL,
  guest BOOLEAN NOT NULL,
  customer_email TEXT,
  language_code TEXT NOT NULL,
  currency_code TEXT NOT NULL,
  subtotal_amount_cents BIGINT NOT NULL,
  payment_method_amount_cents BIGINT NOT NULL,
  cart_url TEXT,
  return_url TEXT,
  placed_at TIMESTAMP,
  approved_at TIMESTAMP,
  cancelled_at TIMESTAMP,
  payment_updated_at TIMESTAMP,
  market_id TEXT NOT NULL,
  customer_id TEXT,
  payment_method_id TEXT,
  payment_source_type TEXT,
  payment_source_id TEXT,
  transactions_count BIGINT NOT NULL,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id, test, market_id) REFERENCES markets (organization_id, test, id),
  FOREIGN KEY (organization_id, test, customer_id) REFERENCES customers (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_method_id) REFERENCES payment_methods (organization_id, test, id)
);
INSERT INTO new_orders SELECT * FROM orders;
DROP TABLE orders;
ALTER TABLE new_orders RENAME TO orders;
CREATE INDEX orders_created ON orders (organization_id, test, created_at, id);
CREATE INDEX orders_customer_created ON orders (organization_id, test, customer_id, created_at, id);

CREATE TABLE new_line_items (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  name TEXT NOT NULL,
  sku_code TEXT,
  quantity BIGINT NOT NULL,
  currency_code TEXT NOT NULL,
  unit_amount_cents BIGINT NOT NULL,
  image_url TEXT,
  order_id TEXT NOT NULL,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id, test, order_id) REFERENCES orders (organization_id, test, id)
);
INSERT INTO new_line_items SELECT * FROM line_items;
DROP TABLE line_items;
ALTER TABLE new_line_items RENAME TO line_items;
CREATE INDEX line_items_created ON line_items (organization_id, test, created_at, id);
CREATE INDEX line_items_order ON line_items (organization_id, test, order_id);

CREATE TABLE new_payment_sources (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  kind TEXT NOT NULL,
  order_id TEXT NOT NULL,
  payment_gateway_id TEXT NOT NULL,
  state TEXT NOT NULL,
  amount_cents BIGINT NOT NULL,
  currency_code TEXT NOT NULL,
  automatic_capture BOOLEAN NOT NULL,
  psp_id TEXT,
  client_secret TEXT,
  token TEXT,
  redirect_url TEXT,
  pending_operation_id TEXT,
  details TEXT NOT NULL,
  check_at TIMESTAMP,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id, test, order_id) REFERENCES orders (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id)
);
INSERT INTO new_payment_sources SELECT * FROM payment_sources;
DROP TABLE payment_sources;
ALTER TABLE new_payment_sources RENAME TO payment_sources;
CREATE INDEX payment_sources_created ON payment_sources (organization_id, test, created_at, id);
CREATE INDEX payment_sources_order ON payment_sources (organization_id, test, order_id);
CREATE INDEX payment_sources_gateway ON payment_sources (organization_id, test, payment_gateway_id);
CREATE INDEX payment_sources_check ON payment_sources (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX payment_sources_psp_id ON payment_sources (organization_id, test, psp_id);

CREATE TABLE new_transactions (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  order_id TEXT NOT NULL,
  payment_source_type TEXT NOT NULL,
  payment_source_id TEXT NOT NULL,
  parent_id TEXT,
  currency_code TEXT NOT NULL,
  amount_cents BIGINT NOT NULL,
  status TEXT NOT NULL,
  message TEXT,
  error_code TEXT,
  error_detail TEXT,
  token TEXT,
  gateway_transaction_id TEXT,
  address TEXT,
  canceled BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id, test, order_id) REFERENCES orders (organization_id, test, id),
  FOREIGN KEY (organization_id, test, parent_id) REFERENCES transactions (organization_id, test, id)
);
INSERT INTO new_transactions SELECT * FROM transactions;
DROP TABLE transactions;
ALTER TABLE new_transactions RENAME TO transactions;
CREATE INDEX transactions_created ON transactions (organization_id, test, created_at, id);
CREATE UNIQUE INDEX transactions_number ON transactions (organization_id, test, order_id, number);
CREATE INDEX transactions_parent ON transactions (organization_id, test, parent_id);
CREATE INDEX transactions_address ON transactions (organization_id, test, address, status, created_at);

CREATE TABLE new_gateway_operations (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  kind TEXT NOT NULL,
  payment_source_id TEXT NOT NULL,
  transaction_id TEXT,
  payment_gateway_id TEXT NOT NULL,
  request TEXT NOT NULL,
  sent_at TIMESTAMP NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_at TIMESTAMP,
  finished_at TIMESTAMP,
  flagged_at TIMESTAMP,
  goal TEXT,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id)
);
INSERT INTO new_gateway_operations SELECT * FROM gateway_operations;
DROP TABLE gateway_operations;
ALTER TABLE new_gateway_operations RENAME TO gateway_operations;
CREATE INDEX gateway_operations_source ON gateway_operations (organization_id, test, payment_source_id);
CREATE INDEX gateway_operations_due ON gateway_operations (next_attempt_at) WHERE finished_at IS NULL;

CREATE TABLE new_gateway_events (
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
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id)
    ON DELETE CASCADE
);
INSERT INTO new_gateway_events SELECT * FROM gateway_events;
DROP TABLE gateway_events;
ALTER TABLE new_gateway_events RENAME TO gateway_events;
CREATE UNIQUE INDEX gateway_events_event ON gateway_events (organization_id, test, payment_gateway_id, event_id);
CREATE INDEX gateway_events_due ON gateway_events (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE new_webhooks (
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
INSERT INTO new_webhooks SELECT * FROM webhooks;
DROP TABLE webhooks;
ALTER TABLE new_webhooks RENAME TO webhooks;
CREATE INDEX webhooks_topic ON webhooks (organization_id, test, topic);

CREATE TABLE new_events (
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
INSERT INTO new_events SELECT * FROM events;
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;
CREATE INDEX events_created ON events (organization_id, test, created_at, id);
CREATE INDEX events_resource ON events (organization_id, test, resource_id);
CREATE INDEX events_age ON events (created_at);

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
  FOREIGN KEY (organization_id, test, event_id) REFERENCES events (organization_id, test, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, test, webhook_id) REFERENCES webhooks (organization_id, test, id) ON DELETE CASCADE
);
INSERT INTO new_event_deliveries SELECT * FROM event_deliveries;
DROP TABLE event_deliveries;
ALTER TABLE new_event_deliveries RENAME TO event_deliveries;
CREATE INDEX event_deliveries_event ON event_deliveries (organization_id, test, event_id);
CREATE INDEX event_deliveries_webhook ON event_deliveries (organization_id, test, webhook_id);
CREATE INDEX event_deliveries_due ON event_deliveries (organization_id, test, webhook_id, next_attempt_at)
  WHERE next_attempt_at IS NOT NULL;

CREATE TABLE new_event_callbacks (
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
  FOREIGN KEY (organization_id, test, delivery_id) REFERENCES event_deliveries (organization_id, test, id)
    ON DELETE CASCADE
);
INSERT INTO new_event_callbacks SELECT * FROM event_callbacks;
DROP TABLE event_callbacks;
ALTER TABLE new_event_callbacks RENAME TO event_callbacks;
CREATE INDEX event_callbacks_created ON event_callbacks (organization_id, test, created_at, id);
CREATE INDEX event_callbacks_webhook ON event_callbacks (organization_id, test, webhook_id, created_at);
CREATE INDEX event_callbacks_event ON event_callbacks (organization_id, test, event_id, created_at);
CREATE INDEX event_callbacks_delivery ON event_callbacks (organization_id, test, delivery_id);

CREATE TABLE new_gateway_customers (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  payment_gateway_id TEXT NOT NULL,
  psp_id TEXT,
  request TEXT NOT NULL,
  sent_at TIMESTAMP NOT NULL,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id, test, customer_id) REFERENCES customers (organization_id, test, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id)
    ON DELETE CASCADE
);
INSERT INTO new_gateway_customers SELECT * FROM gateway_customers;
DROP TABLE gateway_customers;
ALTER TABLE new_gateway_customers RENAME TO gateway_customers;
CREATE UNIQUE INDEX gateway_customers_pair ON gateway_customers (organization_id, test, customer_id, payment_gateway_id);
CREATE INDEX gateway_customers_gateway ON gateway_customers (organization_id, test, payment_gateway_id);

CREATE TABLE new_customer_payment_sources (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  reference TEXT,
  reference_origin TEXT,
  metadata TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  payment_gateway_id TEXT,
  payment_method_id TEXT,
  payment_source_type TEXT,
  payment_source_id TEXT,
  name TEXT,
  customer_token TEXT,
  token TEXT,
  token_hash TEXT,
  payment_instrument TEXT,
  first_psp_id TEXT,
  state TEXT NOT NULL,
  request TEXT,
  attempts INTEGER NOT NULL,
  next_attempt_at TIMESTAMP,
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id, test, customer_id) REFERENCES customers (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_method_id) REFERENCES payment_methods (organization_id, test, id)
);
INSERT INTO new_customer_payment_sources SELECT * FROM customer_payment_sources;
DROP TABLE customer_payment_sources;
ALTER TABLE new_customer_payment_sources RENAME TO customer_payment_sources;
CREATE INDEX customer_payment_sources_created ON customer_payment_sources (organization_id, test, created_at, id);
CREATE INDEX customer_payment_sources_customer ON customer_payment_sources (organization_id, test, customer_id);
CREATE INDEX customer_payment_sources_method ON customer_payment_sources (organization_id, test, payment_method_id);
CREATE INDEX customer_payment_sources_source ON customer_payment_sources (organization_id, test, payment_source_id);
CREATE UNIQUE INDEX customer_payment_sources_token
  ON customer_payment_sources (organization_id, test, payment_gateway_id, token_hash);
CREATE INDEX customer_payment_sources_due ON customer_payment_sources (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE new_idempotency_keys (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  application_id TEXT NOT NULL,
  owner_id TEXT NOT NULL DEFAULT '',
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP,
  resource_type TEXT,
  resource_id TEXT,
  status INTEGER,
  location TEXT,
  body TEXT,
  PRIMARY KEY (organization_id, test, application_id, owner_id, key),
  FOREIGN KEY (organization_id) REFERENCES organizations (id)
);
INSERT INTO new_idempotency_keys SELECT * FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE new_idempotency_keys RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_resource ON idempotency_keys (organization_id, test, resource_id) WHERE finished_at IS NULL;
