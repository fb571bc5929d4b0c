-- Apps that are logged in to a card. Tokens are kept as SHA-256. A row goes when
-- its app is logged out; its id is drawn at random and used by no other.
CREATE TABLE app_grants (
    id                BIGINT NOT NULL PRIMARY KEY,
    card_id           BIGINT NOT NULL REFERENCES cards (id),
    epoch             BIGINT NOT NULL, -- of the card when the app was let in: another one ends it
    app               {text} NOT NULL, -- what it calls itself
    scopes            {text} NOT NULL, -- with spaces between
    family_hash       {text} NOT NULL UNIQUE, -- of the part that all its refresh tokens share
    refresh_hash      {text} NOT NULL UNIQUE,
    access_hash       {text} NOT NULL UNIQUE,
    access_ends_at_ms BIGINT NOT NULL,
    begun_at_ms       BIGINT NOT NULL,
    used_at_ms        BIGINT NOT NULL,
    ends_at_ms        BIGINT NOT NULL -- of the refresh token
);
CREATE INDEX app_grants_card ON app_grants (card_id, used_at_ms);
CREATE INDEX app_grants_end ON app_grants (ends_at_ms);
