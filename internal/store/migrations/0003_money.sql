-- Money: the till's shifts, numbered receipts, refunds, chargebacks, what the
-- desk has to look at, and a ledger whose postings form a chain. Three tables
-- are made anew, since SQLite cannot change a CHECK: first all is copied, then
-- the old ones go, those that refer to others first.

-- The time that one drawer of cash is in use (kasdienst), from counting to
-- counting. Amounts are cents.
CREATE TABLE shifts (
    id               {id},
    branch           {text} NOT NULL CHECK (branch <> ''),
    desk             {text} NOT NULL CHECK (desk <> ''),
    opened_by        {text} NOT NULL,
    opened_at_ms     BIGINT NOT NULL,
    opening_expected BIGINT NOT NULL,
    opening_counted  BIGINT NOT NULL CHECK (opening_counted >= 0),
    closed_by        {text} NOT NULL DEFAULT '',
    closed_at_ms     BIGINT,
    cash_expected    BIGINT NOT NULL DEFAULT 0,
    cash_counted     BIGINT NOT NULL DEFAULT 0 CHECK (cash_counted >= 0),
    pin_expected     BIGINT NOT NULL DEFAULT 0,
    pin_counted      BIGINT NOT NULL DEFAULT 0, -- as the terminal says
    note             {text} NOT NULL DEFAULT ''
);
-- A desk has one shift at a time.
CREATE UNIQUE INDEX shifts_open ON shifts (branch, desk) WHERE closed_at_ms IS NULL;
CREATE INDEX shifts_desk ON shifts (branch, desk, id);

-- Cash put into a drawer or taken out of it, other than by paying.
CREATE TABLE movements (
    id       {id},
    shift_id BIGINT NOT NULL REFERENCES shifts (id),
    kind     {text} NOT NULL CHECK (kind IN ('cash_in', 'cash_out')),
    amount   BIGINT NOT NULL CHECK (amount > 0),
    reason   {text} NOT NULL,
    staff    {text} NOT NULL,
    at_ms    BIGINT NOT NULL,
    form_key {text} NOT NULL UNIQUE
);
CREATE INDEX movements_shift ON movements (shift_id, id);

CREATE TABLE payments_new (
    id            {id},
    payer_id      BIGINT NOT NULL REFERENCES cards (id),
    staff         {text} NOT NULL,
    means         {text} NOT NULL,
    provider      {text} NOT NULL,
    ref           {text}, -- the provider's key, once it has answered
    checkout      {text} NOT NULL DEFAULT '',
    form_key      {text}, -- the same form sent twice is one payment
    order_key     {text} NOT NULL DEFAULT '', -- makes asking the provider again one order
    language      {text} NOT NULL DEFAULT '',
    state         {text} NOT NULL
        CHECK (state IN ('open', 'paid', 'failed', 'cancelled', 'expired', 'owed', 'refunded', 'charged_back')),
    total         BIGINT NOT NULL CHECK (total > 0),
    version       BIGINT NOT NULL DEFAULT 0, -- counts every change, so that none is made on what has been overtaken
    received      BIGINT NOT NULL DEFAULT 0 CHECK (received >= 0), -- what came in
    rounding      BIGINT NOT NULL DEFAULT 0, -- cash received above, or below, the total
    shift_id      BIGINT REFERENCES shifts (id),
    started_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    ended_at_ms   BIGINT
);
INSERT INTO payments_new (id, payer_id, staff, means, provider, ref, checkout, form_key, state, total, received,
        started_at_ms, expires_at_ms, ended_at_ms)
    SELECT id, payer_id, staff, means, provider, ref, checkout, form_key, state, total,
        CASE WHEN state = 'paid' THEN total
            WHEN state = 'owed' THEN coalesce((SELECT sum(amount) FROM postings WHERE payment_id = payments.id), 0) ELSE 0 END,
        started_at_ms, expires_at_ms, ended_at_ms FROM payments;

CREATE TABLE payment_fees_new (
    payment_id     BIGINT NOT NULL REFERENCES payments_new (id),
    line           BIGINT NOT NULL,
    card_id        BIGINT NOT NULL REFERENCES cards (id),
    fee            {text} NOT NULL,
    kind           {text} NOT NULL,
    description    {text} NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    holding        BOOLEAN NOT NULL, -- see the index
    told_at_ms     BIGINT,           -- when the library system was told that it is paid
    refused_at_ms  BIGINT,           -- the payment is not for this fee after all: the payer is owed the amount
    returned       {text} NOT NULL DEFAULT '' CHECK (returned IN ('', 'refunded', 'charged_back')),
    reopened_at_ms BIGINT,           -- when the library system was told that a returned one is open again
    CHECK (refused_at_ms IS NULL OR (told_at_ms IS NOT NULL AND NOT holding)),
    CHECK (reopened_at_ms IS NULL OR (returned <> '' AND NOT holding)),
    PRIMARY KEY (payment_id, line)
);
INSERT INTO payment_fees_new (payment_id, line, card_id, fee, kind, description, amount, holding, told_at_ms, refused_at_ms)
    SELECT payment_id, line, card_id, fee, kind, description, amount, holding, told_at_ms, refused_at_ms FROM payment_fees;
-- What is owed is for none of its fees.
UPDATE payment_fees_new SET told_at_ms = coalesce(told_at_ms, 0), refused_at_ms = coalesce(refused_at_ms, 0)
    WHERE payment_id IN (SELECT id FROM payments_new WHERE state = 'owed');

-- What is paid back. Its amount covers lines of the payment that are returned,
-- and what the payment was never for.
CREATE TABLE refunds (
    id              {id},
    payment_id      BIGINT NOT NULL REFERENCES payments_new (id),
    means           {text} NOT NULL,
    provider        {text} NOT NULL,
    reason          {text} NOT NULL,
    note            {text} NOT NULL DEFAULT '', -- what the staff member wrote
    amount          BIGINT NOT NULL CHECK (amount > 0),
    rounding        BIGINT NOT NULL DEFAULT 0, -- cash handed out above, or below, the amount
    state           {text} NOT NULL CHECK (state IN ('due', 'sent', 'done', 'failed')),
    ref             {text}, -- the provider's key, once it has answered
    order_key       {text} NOT NULL, -- makes asking the provider again one refund
    form_key        {text}, -- the same form sent twice is one refund
    staff           {text} NOT NULL DEFAULT '',
    shift_id        BIGINT REFERENCES shifts (id),
    requested_at_ms BIGINT NOT NULL,
    ended_at_ms     BIGINT
);
CREATE UNIQUE INDEX refunds_form ON refunds (form_key) WHERE form_key IS NOT NULL;
CREATE UNIQUE INDEX refunds_ref ON refunds (provider, ref) WHERE ref IS NOT NULL;
CREATE INDEX refunds_payment ON refunds (payment_id);
CREATE INDEX refunds_shift ON refunds (shift_id) WHERE shift_id IS NOT NULL;
CREATE INDEX refunds_under_way ON refunds (id) WHERE state IN ('due', 'sent');

CREATE TABLE refund_lines (
    refund_id  BIGINT NOT NULL REFERENCES refunds (id),
    payment_id BIGINT NOT NULL,
    line       BIGINT NOT NULL,
    PRIMARY KEY (payment_id, line), -- a line is returned once
    FOREIGN KEY (payment_id, line) REFERENCES payment_fees_new (payment_id, line)
);
CREATE INDEX refund_lines_refund ON refund_lines (refund_id);

-- What the payer's bank took back.
CREATE TABLE chargebacks (
    id             {id},
    payment_id     BIGINT NOT NULL REFERENCES payments_new (id),
    provider       {text} NOT NULL,
    ref            {text} NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    at_ms          BIGINT NOT NULL,
    restored_at_ms BIGINT, -- when the bank gave it back
    UNIQUE (provider, ref)
);
CREATE INDEX chargebacks_payment ON chargebacks (payment_id);

-- What somebody at the desk has to look at.
CREATE TABLE findings (
    id            {id},
    kind          {text} NOT NULL,
    about         {text} NOT NULL, -- what makes it one finding however often it is found
    payment_id    BIGINT REFERENCES payments_new (id),
    provider      {text} NOT NULL DEFAULT '',
    ref           {text} NOT NULL DEFAULT '',
    amount        BIGINT NOT NULL DEFAULT 0,
    detail        {text} NOT NULL DEFAULT '',
    found_at_ms   BIGINT NOT NULL,
    settled_at_ms BIGINT,
    settled_by    {text} NOT NULL DEFAULT '',
    note          {text} NOT NULL DEFAULT '',
    UNIQUE (kind, about)
);
CREATE INDEX findings_open ON findings (id) WHERE settled_at_ms IS NULL;

-- Receipts are numbered without gaps per branch and year. What was paid online
-- is a branch of its own.
CREATE TABLE receipts (
    branch     {text} NOT NULL,
    year       BIGINT NOT NULL,
    no         BIGINT NOT NULL CHECK (no > 0),
    payment_id BIGINT REFERENCES payments_new (id),
    refund_id  BIGINT REFERENCES refunds (id),
    PRIMARY KEY (branch, year, no),
    CHECK ((payment_id IS NULL) <> (refund_id IS NULL))
);
CREATE UNIQUE INDEX receipts_payment ON receipts (payment_id) WHERE payment_id IS NOT NULL;
CREATE UNIQUE INDEX receipts_refund ON receipts (refund_id) WHERE refund_id IS NOT NULL;

-- From one account to another, above zero: an unbalanced posting cannot be
-- written. Never changed. Numbered from 1 without gaps; each hash is over the
-- posting and the hash before it.
CREATE TABLE postings_new (
    id           BIGINT NOT NULL PRIMARY KEY,
    payment_id   BIGINT REFERENCES payments_new (id),
    refund_id    BIGINT REFERENCES refunds (id),
    shift_id     BIGINT REFERENCES shifts (id),
    from_account {text} NOT NULL CHECK (from_account <> ''),
    to_account   {text} NOT NULL CHECK (to_account <> ''),
    amount       BIGINT NOT NULL CHECK (amount > 0),
    why          {text} NOT NULL,
    reverses     BIGINT REFERENCES postings_new (id),
    at_ms        BIGINT NOT NULL,
    hash         {bytes} NOT NULL,
    CHECK (from_account <> to_account)
);
INSERT INTO postings_new (id, payment_id, from_account, to_account, amount, why, at_ms, hash)
    SELECT row_number() OVER (ORDER BY id), payment_id, from_account, to_account, amount,
        CASE WHEN from_account LIKE 'fees/%' THEN 'paid' WHEN to_account LIKE 'fees/%' THEN 'returned' ELSE 'owed' END,
        at_ms, {no bytes} FROM postings;

DROP TABLE postings;
DROP TABLE payment_fees;
DROP TABLE payments;
ALTER TABLE payments_new RENAME TO payments;
ALTER TABLE payment_fees_new RENAME TO payment_fees;
ALTER TABLE postings_new RENAME TO postings;
{sequence of payments};

CREATE UNIQUE INDEX payments_form ON payments (form_key) WHERE form_key IS NOT NULL;
CREATE UNIQUE INDEX payments_ref ON payments (provider, ref) WHERE ref IS NOT NULL;
CREATE INDEX payments_payer ON payments (payer_id, id);
CREATE INDEX payments_staff ON payments (staff, started_at_ms) WHERE staff <> '';
CREATE INDEX payments_shift ON payments (shift_id) WHERE shift_id IS NOT NULL;
CREATE INDEX payments_open ON payments (expires_at_ms) WHERE state = 'open';
CREATE INDEX payments_online ON payments (started_at_ms) WHERE provider <> '';
-- A fee is in at most one payment that is open or paid. It is free again when
-- the payment turned out not to be for it, or when it was returned and the
-- library system knows that it is open again.
CREATE UNIQUE INDEX payment_fees_held ON payment_fees (card_id, fee) WHERE holding;
CREATE INDEX payment_fees_card ON payment_fees (card_id, payment_id);
CREATE UNIQUE INDEX postings_reverses ON postings (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX postings_payment ON postings (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX postings_at ON postings (at_ms, id);

-- The last posting: who books locks this row first, so that the chain has no
-- fork.
CREATE TABLE ledger_head (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    posting BIGINT NOT NULL, -- its number, 0 when there is none
    hash    {bytes} NOT NULL
);
INSERT INTO ledger_head (one, posting, hash) VALUES (1, 0, {no bytes});

-- The built-in library system: fees of payments that were returned. Such a
-- payment settles the fee no more, also when it had not done so yet: then there
-- may be no such fee, but one that grows.
CREATE TABLE library_reopened (
    fee_id    {text} NOT NULL,
    reference {text} NOT NULL,
    unseen    BOOLEAN NOT NULL, -- no file has had the fee since: that it is not in one does not settle it
    PRIMARY KEY (fee_id, reference)
);
