-- The log: every committed event, in one order without holes.
CREATE TABLE bloom_events (
    position  INTEGER PRIMARY KEY,
    aggregate TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    revision  INTEGER NOT NULL,
    body      TEXT    NOT NULL,
    metadata  TEXT    NOT NULL,
    UNIQUE (aggregate, id, version)
);

-- The newest version of each aggregate.
CREATE TABLE bloom_streams (
    aggregate TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (aggregate, id)
) WITHOUT ROWID;

-- The newest position; kept apart from the log, so that it survives whatever is archived.
CREATE TABLE bloom_head (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL
);
INSERT INTO bloom_head (one, position) VALUES (1, 0);

-- Unique values, for aggregates stored either way.
CREATE TABLE bloom_keys (
    aggregate TEXT NOT NULL,
    field     TEXT NOT NULL,
    value     TEXT NOT NULL,
    id        TEXT NOT NULL,
    PRIMARY KEY (aggregate, field, value)
) WITHOUT ROWID;
CREATE INDEX bloom_keys_by_id ON bloom_keys (aggregate, id);

-- What became of each command that has an id.
CREATE TABLE bloom_outcomes (
    key         TEXT    PRIMARY KEY,
    fingerprint TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    at          INTEGER NOT NULL DEFAULT (unixepoch())
) WITHOUT ROWID;

-- How far each event handler has come.
CREATE TABLE bloom_cursors (
    name     TEXT    PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID;
