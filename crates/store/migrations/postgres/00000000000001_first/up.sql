CREATE TABLE organizations (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL
);

CREATE TABLE applications (
  client_id TEXT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  test BOOLEAN NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  secret_hash TEXT,
  market_id TEXT,
  created_at TIMESTAMP NOT NULL
);

CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE counters (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  test BOOLEAN NOT NULL,
  name TEXT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (organization_id, test, name)
);

CREATE TABLE markets (
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

CREATE TABLE customers (
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

CREATE TABLE payment_gateways (
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
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id)
);

CREATE TABLE payment_methods (
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
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id),
  FOREIGN KEY (organization_id, test, market_id) REFERENCES markets (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id)
);

CREATE TABLE orders (
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
  FOREIGN KEY (organization_id) REFERENCES organizations (id),
  FOREIGN KEY (organization_id, test, market_id) REFERENCES markets (organization_id, test, id),
  FOREIGN KEY (organization_id, test, customer_id) REFERENCES customers (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_method_id) REFERENCES payment_methods (organization_id, test, id)
);

CREATE TABLE line_items (
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
  FOREIGN KEY (organization_id) REFERENCES organizations (id),
  FOREIGN KEY (organization_id, test, order_id) REFERENCES orders (organization_id, test, id)
);

CREATE TABLE payment_sources (
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
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id),
  FOREIGN KEY (organization_id, test, order_id) REFERENCES orders (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id)
);

CREATE TABLE transactions (
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
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id),
  FOREIGN KEY (organization_id, test, order_id) REFERENCES orders (organization_id, test, id),
  FOREIGN KEY (organization_id, test, parent_id) REFERENCES transactions (organization_id, test, id)
);

CREATE TABLE gateway_operations (
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
  PRIMARY KEY (organization_id, test, id),
  FOREIGN KEY (organization_id) REFERENCES organizations (id),
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id)
);

CREATE TABLE idempotency_keys (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  test BOOLEAN NOT NULL,
  application_id TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP,
  resource_type TEXT,
  resource_id TEXT,
  status INTEGER,
  location TEXT,
  body TEXT,
  PRIMARY KEY (organization_id, test, application_id, key)
);

CREATE INDEX transactions_created ON transactions (organization_id, test, created_at, id);
CREATE INDEX payment_sources_created ON payment_sources (organization_id, test, created_at, id);
CREATE INDEX line_items_created ON line_items (organization_id, test, created_at, id);
CREATE INDEX orders_created ON orders (organization_id, test, created_at, id);
CREATE INDEX payment_methods_created ON payment_methods (organization_id, test, created_at, id);
CREATE INDEX payment_gateways_created ON payment_gateways (organization_id, test, created_at, id);
CREATE INDEX customers_created ON customers (organization_id, test, created_at, id);
CREATE INDEX markets_created ON markets (organization_id, test, created_at, id);
CREATE UNIQUE INDEX markets_code ON markets (organization_id, test, code);
CREATE UNIQUE INDEX customers_email ON customers (organization_id, test, email);
CREATE INDEX orders_customer ON orders (organization_id, test, customer_id);
CREATE INDEX line_items_order ON line_items (organization_id, test, order_id);
CREATE INDEX payment_methods_gateway ON payment_methods (organization_id, test, payment_gateway_id);
CREATE INDEX payment_sources_order ON payment_sources (organization_id, test, order_id);
CREATE INDEX payment_sources_gateway ON payment_sources (organization_id, test, payment_gateway_id);
CREATE UNIQUE INDEX transactions_number ON transactions (organization_id, test, order_id, number);
CREATE INDEX transactions_parent ON transactions (organization_id, test, parent_id);
CREATE INDEX transactions_address ON transactions (organization_id, test, address, created_at);
CREATE INDEX gateway_operations_source ON gateway_operations (organization_id, test, payment_source_id);
CREATE INDEX gateway_operations_due ON gateway_operations (next_attempt_at) WHERE finished_at IS NULL;
CREATE INDEX idempotency_keys_resource ON idempotency_keys (organization_id, test, resource_id) WHERE finished_at IS NULL;
