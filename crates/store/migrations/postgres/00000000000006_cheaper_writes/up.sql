-- These belong to an organization through what else they refer to. Each insert locked the organization's row once more, the
-- same row for all.
ALTER TABLE payment_methods DROP CONSTRAINT payment_methods_organization_id_fkey;
ALTER TABLE orders DROP CONSTRAINT orders_organization_id_fkey;
ALTER TABLE line_items DROP CONSTRAINT line_items_organization_id_fkey;
ALTER TABLE payment_sources DROP CONSTRAINT payment_sources_organization_id_fkey;
ALTER TABLE transactions DROP CONSTRAINT transactions_organization_id_fkey;
ALTER TABLE gateway_operations DROP CONSTRAINT gateway_operations_organization_id_fkey;
ALTER TABLE gateway_events DROP CONSTRAINT gateway_events_organization_id_fkey;
ALTER TABLE gateway_customers DROP CONSTRAINT gateway_customers_organization_id_fkey;
ALTER TABLE customer_payment_sources DROP CONSTRAINT customer_payment_sources_organization_id_fkey;
