-- Payments at terminals in the library (SIP2 37), and payments of part of a fee.

-- Where a terminal took it; at the desk the shift says that.
ALTER TABLE payments ADD COLUMN branch {text} NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN terminal {text} NOT NULL DEFAULT '';

-- What the whole fee came to, when only part of it is paid; cents.
ALTER TABLE payment_fees ADD COLUMN of_amount BIGINT CHECK (of_amount > amount);

-- What payments paid of a fee of the built-in library system that is still open:
-- its amount less these is owed. Cents.
CREATE TABLE library_parts (
    fee_id    {text} NOT NULL,
    reference {text} NOT NULL,
    amount    BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (fee_id, reference)
);
