-- A library system that does not know references has to be looked at first when
-- a payment may have been told before: the answer was lost, or the program ended.
ALTER TABLE payment_fees ADD COLUMN telling_at_ms BIGINT; -- when telling it was begun, until it is known what came of it
