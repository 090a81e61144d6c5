-- Events that a read model has set aside. The first one of an aggregate says why; those behind it wait.
CREATE TABLE bloom_parked (
    name       TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    tenant     TEXT    NOT NULL,
    aggregate  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    failure    TEXT,
    PRIMARY KEY (name, generation, position)
) WITHOUT ROWID;

CREATE INDEX bloom_parked_streams ON bloom_parked (name, generation, tenant, aggregate, id, position);
CREATE INDEX bloom_parked_first ON bloom_parked (name, generation, position) WHERE failure IS NOT NULL;
