-- The log: every committed event, in one order without holes. The tenant is empty where tenants are not kept apart by rows, here and
-- below.
CREATE TABLE bloom_events (
    position  INTEGER PRIMARY KEY,
    tenant    TEXT    NOT NULL,
    aggregate TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    revision  INTEGER NOT NULL,
    body      TEXT    NOT NULL,
    event_id  BLOB    NOT NULL,
    -- Microseconds since 1970.
    at        INTEGER NOT NULL,
    -- Who, why, and as part of what, as JSON.
    remarks   TEXT,
    UNIQUE (tenant, aggregate, id, version)
);

-- What events are about, besides their aggregates.
CREATE TABLE bloom_tags (
    tag      TEXT    NOT NULL,
    tenant   TEXT    NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (tag, tenant, position)
) WITHOUT ROWID;

-- The newest version of each aggregate.
CREATE TABLE bloom_streams (
    tenant    TEXT    NOT NULL,
    aggregate TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (tenant, aggregate, id)
) WITHOUT ROWID;

-- The newest position; kept apart from the log, so that it survives whatever is archived.
CREATE TABLE bloom_head (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL
);
INSERT INTO bloom_head (one, position) VALUES (1, 0);

-- Unique values, for aggregates stored either way.
CREATE TABLE bloom_keys (
    tenant    TEXT NOT NULL,
    aggregate TEXT NOT NULL,
    field     TEXT NOT NULL,
    value     TEXT NOT NULL,
    id        TEXT NOT NULL,
    PRIMARY KEY (tenant, aggregate, field, value)
) WITHOUT ROWID;
CREATE INDEX bloom_keys_by_id ON bloom_keys (tenant, aggregate, id);

-- What became of each command that has an id.
CREATE TABLE bloom_outcomes (
    tenant      TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    at          INTEGER NOT NULL DEFAULT (unixepoch()),
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;

-- How far each event handler has come.
CREATE TABLE bloom_cursors (
    name     TEXT    PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID;

-- States of aggregates that are loaded from events, so that few events are read.
CREATE TABLE bloom_snapshots (
    tenant    TEXT    NOT NULL,
    aggregate TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    shape     TEXT    NOT NULL,
    body      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (tenant, aggregate, id)
) WITHOUT ROWID;

-- The keys of people, with which what is personal in events is encrypted. A row that is gone cannot be brought back.
CREATE TABLE bloom_subjects (
    tenant  TEXT NOT NULL,
    subject TEXT NOT NULL,
    key_id  TEXT NOT NULL,
    key     BLOB NOT NULL,
    PRIMARY KEY (tenant, subject)
) WITHOUT ROWID;

-- How far each read model has come; beside a live one there may be another that is being built.
CREATE TABLE bloom_projections (
    name       TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('live', 'paused', 'building')),
    position   INTEGER NOT NULL,
    skipped    INTEGER NOT NULL DEFAULT 0,
    failure    TEXT,
    PRIMARY KEY (name, generation)
) WITHOUT ROWID;
