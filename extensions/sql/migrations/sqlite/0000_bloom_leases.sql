-- Which worker follows the log for a reader at the moment, until when, how often that has changed, and who asks for it; times are
-- microseconds since 1970.
ALTER TABLE bloom_cursors ADD COLUMN worker TEXT;
ALTER TABLE bloom_cursors ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bloom_cursors ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bloom_cursors ADD COLUMN wanted_by TEXT;

-- The same of read models, each of which may have several parts that go on by themselves.
ALTER TABLE bloom_projections RENAME TO bloom_projections_before;
CREATE TABLE bloom_projections (
    name       TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    part       INTEGER NOT NULL DEFAULT 0,
    state      TEXT    NOT NULL CHECK (state IN ('live', 'paused', 'building')),
    position   INTEGER NOT NULL,
    skipped    INTEGER NOT NULL DEFAULT 0,
    failure    TEXT,
    worker     TEXT,
    epoch      INTEGER NOT NULL DEFAULT 0,
    held_until INTEGER NOT NULL DEFAULT 0,
    wanted_by  TEXT,
    PRIMARY KEY (name, generation, part)
) WITHOUT ROWID;
INSERT INTO bloom_projections (name, generation, state, position, skipped, failure)
SELECT name, generation, state, position, skipped, failure FROM bloom_projections_before;
DROP TABLE bloom_projections_before;
