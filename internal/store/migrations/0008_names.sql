-- Looking for a name goes through the names in their order, until there are
-- enough: common ones are found at once, without reading every card.
CREATE INDEX library_cards_words ON library_cards (words, number) WHERE closed_at_ms IS NULL;
