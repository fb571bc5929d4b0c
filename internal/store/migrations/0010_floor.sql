-- Programs that know at least this version can use the store: what older ones read
-- is not there any more. A migration that takes something away raises it.
CREATE TABLE schema_floor (version BIGINT NOT NULL);
INSERT INTO schema_floor (version) VALUES (10);
