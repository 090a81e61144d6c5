-- The read models that are written with the events, in the same transaction, as JSON: for each kind of aggregate their names and
-- generations. It stands in the row that every append takes, so that nobody appends without having written them.
ALTER TABLE bloom_head ADD COLUMN inline TEXT;
