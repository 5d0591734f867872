-- E-mail addresses are kept and looked for in lower case. That no two customers become one is checked before any migration runs.
UPDATE customers SET email = lower(trim(email)) WHERE email <> lower(trim(email));
UPDATE orders SET customer_email = lower(trim(customer_email)) WHERE customer_email <> lower(trim(customer_email));
