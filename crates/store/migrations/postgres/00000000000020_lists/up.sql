-- Lists of one type among the rows of a table that has several, in the order of creation.
DROP INDEX payment_sources_created;
CREATE INDEX payment_sources_kind ON payment_sources (organization_id, test, kind, created_at, id);
DROP INDEX payment_sources_gateway;
CREATE INDEX payment_sources_gateway ON payment_sources (organization_id, test, payment_gateway_id, created_at, id);
DROP INDEX customer_payment_sources_method;
CREATE INDEX customer_payment_sources_method
  ON customer_payment_sources (organization_id, test, payment_method_id, created_at, id);
CREATE INDEX transactions_kind ON transactions (organization_id, test, kind, created_at, id);
-- Entries that no query looks for make up for it.
DROP INDEX transactions_parent;
CREATE INDEX transactions_parent ON transactions (organization_id, test, parent_id) WHERE parent_id IS NOT NULL;
DROP INDEX transactions_address;
CREATE INDEX transactions_address ON transactions (organization_id, test, address, status, created_at)
  WHERE address IS NOT NULL;
-- What orders are looked for by, and what other systems know things by.
CREATE INDEX orders_number ON orders (organization_id, test, number);
CREATE INDEX orders_reference ON orders (organization_id, test, reference) WHERE reference IS NOT NULL;
CREATE INDEX customers_reference ON customers (organization_id, test, reference) WHERE reference IS NOT NULL;
CREATE INDEX payment_sources_reference ON payment_sources (organization_id, test, reference) WHERE reference IS NOT NULL;
CREATE INDEX transactions_reference ON transactions (organization_id, test, reference) WHERE reference IS NOT NULL;
CREATE INDEX line_items_reference ON line_items (organization_id, test, reference) WHERE reference IS NOT NULL;
CREATE INDEX customer_payment_sources_reference ON customer_payment_sources (organization_id, test, reference) WHERE reference IS NOT NULL;
CREATE INDEX events_reference ON events (organization_id, test, reference) WHERE reference IS NOT NULL;
CREATE INDEX event_callbacks_reference ON event_callbacks (organization_id, test, reference) WHERE reference IS NOT NULL;
