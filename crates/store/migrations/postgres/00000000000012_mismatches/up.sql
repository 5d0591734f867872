-- What the PSP shows of a payment and was not asked for, until a person has looked.
ALTER TABLE payment_sources ADD COLUMN mismatch TEXT;
CREATE INDEX payment_sources_mismatch ON payment_sources (created_at) WHERE mismatch IS NOT NULL;
-- Whose cards a PSP keeps for one customer of its own.
CREATE INDEX customer_payment_sources_customer_token
  ON customer_payment_sources (organization_id, test, payment_gateway_id, customer_token) WHERE customer_token IS NOT NULL;
