-- Several programs may run over one store: one at a time tells the library system
-- of a payment, until this instant or until it says that it is done.
ALTER TABLE payments ADD COLUMN delivering_until_ms BIGINT;
