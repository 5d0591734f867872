-- Each new call to a PSP and each new payment source wrote these at a random place: one page more per commit. No query asks for
-- the calls of a source, and none for sources without an id at the PSP.
DROP INDEX gateway_operations_source;
DROP INDEX payment_sources_psp_id;
CREATE INDEX payment_sources_psp_id ON payment_sources (organization_id, test, psp_id) WHERE psp_id IS NOT NULL;
