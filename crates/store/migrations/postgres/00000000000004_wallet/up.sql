CREATE TABLE gateway_customers (
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
  FOREIGN KEY (organization_id) REFERENCES organizations (id),
  FOREIGN KEY (organization_id, test, customer_id) REFERENCES customers (organization_id, test, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id)
    ON DELETE CASCADE
);
CREATE UNIQUE INDEX gateway_customers_pair ON gateway_customers (organization_id, test, customer_id, payment_gateway_id);
CREATE INDEX gateway_customers_gateway ON gateway_customers (organization_id, test, payment_gateway_id);

CREATE TABLE customer_payment_sources (
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
  FOREIGN KEY (organization_id) REFERENCES organizations (id),
  FOREIGN KEY (organization_id, test, customer_id) REFERENCES customers (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_gateway_id) REFERENCES payment_gateways (organization_id, test, id),
  FOREIGN KEY (organization_id, test, payment_method_id) REFERENCES payment_methods (organization_id, test, id)
);
CREATE INDEX customer_payment_sources_created ON customer_payment_sources (organization_id, test, created_at, id);
CREATE INDEX customer_payment_sources_customer ON customer_payment_sources (organization_id, test, customer_id);
CREATE INDEX customer_payment_sources_method ON customer_payment_sources (organization_id, test, payment_method_id);
CREATE INDEX customer_payment_sources_source ON customer_payment_sources (organization_id, test, payment_source_id);
CREATE UNIQUE INDEX customer_payment_sources_token
  ON customer_payment_sources (organization_id, test, payment_gateway_id, token_hash);
CREATE INDEX customer_payment_sources_due ON customer_payment_sources (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
