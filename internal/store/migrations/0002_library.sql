-- The tables of the built-in library system. Dates that may be missing are ''
-- here, so that whole rows compare with those of a file.

CREATE TABLE library_cards (
    number         {text} NOT NULL PRIMARY KEY CHECK (number <> ''),
    name           {text} NOT NULL,
    words          {text} NOT NULL, -- of the name, without case and accents, each after a space
    birth_date     {text} NOT NULL CHECK (birth_date = '' OR birth_date LIKE '____-__-__'),
    email          {text} NOT NULL,
    category       {text} NOT NULL,
    branch         {text} NOT NULL,
    expires_on     {text} NOT NULL CHECK (expires_on = '' OR expires_on LIKE '____-__-__'),
    blocked        BOOLEAN NOT NULL,
    first_password {text} NOT NULL DEFAULT '', -- argon2id; as the library handed it out
    closed_at_ms   BIGINT -- no longer in the file; what it has on loan and owes stays here, unseen
);

CREATE TABLE library_loans (
    id            {text} NOT NULL PRIMARY KEY CHECK (id <> ''),
    card_number   {text} NOT NULL REFERENCES library_cards (number),
    item          {text} NOT NULL,
    title         {text} NOT NULL,
    author        {text} NOT NULL,
    material      {text} NOT NULL,
    lent_on       {text} NOT NULL CHECK (lent_on LIKE '____-__-__'),
    due_on        {text} NOT NULL CHECK (due_on LIKE '____-__-__'),
    renewals      BIGINT NOT NULL CHECK (renewals >= 0),
    reserved      BOOLEAN NOT NULL,
    -- As the file had them last: renewed here, a loan keeps its date until the
    -- file says something new.
    file_due_on   {text} NOT NULL,
    file_renewals BIGINT NOT NULL
);
CREATE INDEX library_loans_card ON library_loans (card_number, due_on);

CREATE TABLE library_fees (
    id            {text} NOT NULL PRIMARY KEY CHECK (id <> ''),
    card_number   {text} NOT NULL REFERENCES library_cards (number),
    kind          {text} NOT NULL,
    description   {text} NOT NULL,
    amount        BIGINT NOT NULL CHECK (amount > 0),
    charged_on    {text} NOT NULL CHECK (charged_on LIKE '____-__-__'),
    item          {text} NOT NULL,
    imported      BOOLEAN NOT NULL, -- a file has had it
    settled_at_ms BIGINT,           -- NULL while it is open
    settled_by    {text},           -- the payment here; NULL when it was settled in the library
    paid          BIGINT,           -- what that payment paid
    CHECK (settled_by IS NULL OR settled_at_ms IS NOT NULL)
);
CREATE INDEX library_fees_card ON library_fees (card_number);
