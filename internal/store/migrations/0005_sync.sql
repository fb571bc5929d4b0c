-- Cards change in the library system behind us: a lost card gets a new number, a
-- card vanishes or comes back.
ALTER TABLE cards ADD COLUMN system_key {text}; -- the library system's own key of the person, which stays
ALTER TABLE cards ADD COLUMN missed_on {text} CHECK (missed_on LIKE '____-__-__'); -- the first day on which it knew no such card
ALTER TABLE cards ADD COLUMN asked_at_ms BIGINT; -- when it was last asked for every card
CREATE UNIQUE INDEX cards_system_key ON cards (system_key) WHERE system_key IS NOT NULL;
CREATE INDEX cards_asked ON cards (asked_at_ms, id);
