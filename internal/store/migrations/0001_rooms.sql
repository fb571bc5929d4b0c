-- Words in braces are written per database: {id}, {text} and {bytes}.
-- Instants are UTC milliseconds (..._at_ms); dates are 'YYYY-MM-DD'; money is cents.

-- Every card that has logged in, was asked for, or came in through the import.
-- The id is ours and stays when the number changes; rows are never deleted.
CREATE TABLE cards (
    id            {id},
    number        {text} NOT NULL UNIQUE CHECK (number <> ''),
    name          {text} NOT NULL,
    sort_name     {text} NOT NULL, -- the name without case and accents, to order by
    closed_at_ms  BIGINT,          -- the library no longer knows the card: its mandates count for nothing
    user_name     {text},
    user_name_key {text},          -- the user name without case
    password      {text} NOT NULL DEFAULT '', -- argon2id; '' until the holder has chosen one
    first_password {text} NOT NULL DEFAULT '', -- argon2id; handed out at our desk
    epoch         BIGINT NOT NULL DEFAULT 0 -- raised to end every session
);
CREATE UNIQUE INDEX cards_user_name ON cards (user_name_key) WHERE user_name_key IS NOT NULL;
CREATE INDEX cards_closed ON cards (id) WHERE closed_at_ms IS NOT NULL;

-- Devices that have logged in to a card before: a guesser elsewhere cannot slow
-- them down. The token is hashed.
CREATE TABLE devices (
    card_id    BIGINT NOT NULL REFERENCES cards (id),
    token_hash {text} NOT NULL,
    seen_at_ms BIGINT NOT NULL,
    PRIMARY KEY (card_id, token_hash)
);

CREATE TABLE staff (
    id        {id},
    user_name {text} NOT NULL UNIQUE, -- lower case
    name      {text} NOT NULL,
    password  {text} NOT NULL,
    disabled  BOOLEAN NOT NULL DEFAULT FALSE,
    epoch     BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE staff_acts (
    id      {id},
    at_ms   BIGINT NOT NULL,
    staff   {text} NOT NULL, -- the name at that time
    card_id BIGINT REFERENCES cards (id),
    act     {text} NOT NULL,
    detail  {text} NOT NULL
);
CREATE INDEX staff_acts_card ON staff_acts (card_id, id);

CREATE TABLE sessions (
    face          {text} NOT NULL,
    token         {text} NOT NULL, -- hashed before it comes here
    data          {bytes} NOT NULL, -- empty when it has ended
    expires_at_ms BIGINT NOT NULL,
    PRIMARY KEY (face, token)
);
CREATE INDEX sessions_expire ON sessions (expires_at_ms);

CREATE TABLE buckets (
    name       {text} NOT NULL PRIMARY KEY,
    attempts   BIGINT NOT NULL,
    last_at_ms BIGINT NOT NULL
);
CREATE INDEX buckets_last ON buckets (last_at_ms);

CREATE TABLE mandates (
    id              {id},
    scope           {text} NOT NULL,
    starter         {text} NOT NULL CHECK (starter IN ('grantor', 'grantee')),
    starter_id      BIGINT NOT NULL REFERENCES cards (id), -- the grantor's or the grantee's
    grantor_id      BIGINT REFERENCES cards (id),
    grantee_id      BIGINT REFERENCES cards (id),
    typed           {text} NOT NULL,
    state           {text} NOT NULL CHECK (state IN ('requested', 'active', 'declined', 'withdrawn', 'expired', 'ended')),
    requested_at_ms BIGINT NOT NULL,
    answer_by_ms    BIGINT NOT NULL,
    confirmed_at_ms BIGINT,
    closed_at_ms    BIGINT,
    until           {text} CHECK (until LIKE '____-__-__'), -- the last day it counts
    CHECK (grantor_id <> grantee_id),
    CHECK (state <> 'active' OR (grantor_id IS NOT NULL AND grantee_id IS NOT NULL))
);
-- One mandate of a kind counts at a time, and one request of a kind is open.
CREATE UNIQUE INDEX mandates_active ON mandates (grantor_id, grantee_id, scope) WHERE state = 'active';
CREATE UNIQUE INDEX mandates_open ON mandates (starter_id, starter, scope, typed) WHERE state = 'requested';
CREATE INDEX mandates_grantor ON mandates (grantor_id, state);
CREATE INDEX mandates_grantee ON mandates (grantee_id, state);
CREATE INDEX mandates_answer ON mandates (answer_by_ms) WHERE state = 'requested';
CREATE INDEX mandates_until ON mandates (until) WHERE state = 'active';

-- Who did what, when, for whom. Never changed.
CREATE TABLE mandate_log (
    id         {id},
    at_ms      BIGINT NOT NULL,
    deed       {text} NOT NULL,
    actor_id   BIGINT REFERENCES cards (id),
    staff      {text} NOT NULL,
    mandate_id BIGINT REFERENCES mandates (id),
    scope      {text} NOT NULL,
    card_id    BIGINT REFERENCES cards (id),
    other_id   BIGINT REFERENCES cards (id),
    typed      {text} NOT NULL,
    starter    {text} NOT NULL,
    confirmed  BOOLEAN NOT NULL,
    items      BIGINT NOT NULL,
    amount     BIGINT NOT NULL
);
CREATE INDEX mandate_log_card ON mandate_log (card_id, id);
CREATE INDEX mandate_log_other ON mandate_log (other_id, id);
CREATE INDEX mandate_log_actor ON mandate_log (actor_id, id);

CREATE TABLE payments (
    id            {id},
    payer_id      BIGINT NOT NULL REFERENCES cards (id),
    staff         {text} NOT NULL,
    means         {text} NOT NULL,
    provider      {text} NOT NULL,
    ref           {text}, -- the provider's key, once it has answered
    checkout      {text} NOT NULL DEFAULT '',
    form_key      {text}, -- the same form sent twice is one payment
    state         {text} NOT NULL CHECK (state IN ('open', 'paid', 'failed', 'cancelled', 'expired', 'owed')),
    total         BIGINT NOT NULL CHECK (total > 0),
    started_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    ended_at_ms   BIGINT
);
CREATE UNIQUE INDEX payments_form ON payments (form_key) WHERE form_key IS NOT NULL;
CREATE UNIQUE INDEX payments_ref ON payments (provider, ref) WHERE ref IS NOT NULL;
CREATE INDEX payments_payer ON payments (payer_id, id);
CREATE INDEX payments_staff ON payments (staff, started_at_ms) WHERE staff <> '';
CREATE INDEX payments_open ON payments (expires_at_ms) WHERE state = 'open';

CREATE TABLE payment_fees (
    payment_id  BIGINT NOT NULL REFERENCES payments (id),
    line        BIGINT NOT NULL,
    card_id     BIGINT NOT NULL REFERENCES cards (id),
    fee         {text} NOT NULL,
    kind        {text} NOT NULL,
    description {text} NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount > 0),
    holding     BOOLEAN NOT NULL, -- the payment is open, or paid and the line not refused
    told_at_ms  BIGINT,           -- when the library system was told
    refused_at_ms BIGINT,         -- when it refused for good: the payer is owed the amount
    CHECK (refused_at_ms IS NULL OR (told_at_ms IS NOT NULL AND NOT holding)),
    PRIMARY KEY (payment_id, line)
);
-- A fee is in at most one payment that is open or paid, but for refused lines.
CREATE UNIQUE INDEX payment_fees_held ON payment_fees (card_id, fee) WHERE holding;

-- From one account to another, above zero: an unbalanced posting cannot be
-- written. Never changed.
CREATE TABLE postings (
    id           {id},
    payment_id   BIGINT NOT NULL REFERENCES payments (id),
    from_account {text} NOT NULL,
    to_account   {text} NOT NULL,
    amount       BIGINT NOT NULL CHECK (amount > 0),
    at_ms        BIGINT NOT NULL,
    CHECK (from_account <> to_account)
);
CREATE INDEX postings_payment ON postings (payment_id);
