-- Network address that the buyer has, as a merchant's own system says: failed payments are counted by it.
ALTER TABLE orders ADD COLUMN customer_ip TEXT;
