CREATE TABLE customer_passwords (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  customer_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  changed_at TIMESTAMP NOT NULL,
  PRIMARY KEY (organization_id, test, customer_id),
  FOREIGN KEY (organization_id, test, customer_id) REFERENCES customers (organization_id, test, id) ON DELETE CASCADE
);

CREATE TABLE refresh_tokens (
  organization_id TEXT NOT NULL,
  test BOOLEAN NOT NULL,
  hash TEXT NOT NULL,
  family_id TEXT NOT NULL,
  application_id TEXT NOT NULL REFERENCES applications (id),
  customer_id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  used_at TIMESTAMP,
  PRIMARY KEY (organization_id, test, hash),
  FOREIGN KEY (organization_id, test, customer_id) REFERENCES customers (organization_id, test, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_customer ON refresh_tokens (organization_id, test, customer_id, family_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (organization_id, test, expires_at);

CREATE TABLE login_attempts (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  test BOOLEAN NOT NULL,
  subject TEXT NOT NULL,
  failures BIGINT NOT NULL,
  began_at TIMESTAMP NOT NULL,
  PRIMARY KEY (organization_id, test, subject)
);
CREATE INDEX login_attempts_began ON login_attempts (organization_id, test, began_at);

-- Customers of one application choose their keys without knowing of each other.
ALTER TABLE idempotency_keys ADD COLUMN owner_id TEXT NOT NULL DEFAULT '';
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey;
ALTER TABLE idempotency_keys ADD PRIMARY KEY (organization_id, test, application_id, owner_id, key);

CREATE INDEX orders_customer_created ON orders (organization_id, test, customer_id, created_at, id);
DROP INDEX orders_customer;
