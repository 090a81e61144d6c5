-- The time of the server, in microseconds since 1970, also within a transaction that has taken long.
CREATE FUNCTION bloom_now() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
$$;

-- Which worker follows the log for a reader at the moment, until when, how often that has changed, and who asks for it.
ALTER TABLE bloom_cursors
    ADD COLUMN worker text,
    ADD COLUMN epoch bigint NOT NULL DEFAULT 0,
    ADD COLUMN held_until bigint NOT NULL DEFAULT 0,
    ADD COLUMN wanted_by text;

-- The same of read models, each of which may have several parts that go on by themselves.
ALTER TABLE bloom_projections
    ADD COLUMN part integer NOT NULL DEFAULT 0,
    ADD COLUMN worker text,
    ADD COLUMN epoch bigint NOT NULL DEFAULT 0,
    ADD COLUMN held_until bigint NOT NULL DEFAULT 0,
    ADD COLUMN wanted_by text,
    DROP CONSTRAINT bloom_projections_pkey,
    ADD PRIMARY KEY (name, generation, part);
