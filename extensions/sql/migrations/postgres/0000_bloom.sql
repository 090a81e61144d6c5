-- The log: every committed event, in one order without holes. Texts are compared by their bytes. The tenant is empty where tenants
-- are not kept apart by rows, here and below.
CREATE TABLE bloom_events (
    position  bigint           PRIMARY KEY,
    tenant    text COLLATE "C" NOT NULL,
    aggregate text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    version   bigint           NOT NULL,
    name      text             NOT NULL,
    revision  integer          NOT NULL,
    body      text             NOT NULL,
    event_id  uuid             NOT NULL,
    -- Microseconds since 1970.
    at        bigint           NOT NULL,
    -- Who, why, and as part of what, as JSON.
    remarks   text,
    UNIQUE (tenant, aggregate, id, version)
);

-- What events are about, besides their aggregates.
CREATE TABLE bloom_tags (
    tag      text COLLATE "C" NOT NULL,
    tenant   text COLLATE "C" NOT NULL,
    position bigint           NOT NULL,
    PRIMARY KEY (tag, tenant, position)
);

-- The newest version of each aggregate; 0 where somebody has looked for one that is not there.
CREATE TABLE bloom_streams (
    tenant    text COLLATE "C" NOT NULL,
    aggregate text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    version   bigint           NOT NULL,
    PRIMARY KEY (tenant, aggregate, id)
) WITH (fillfactor = 80);

-- The newest position: the row that every commit with events takes last, so that positions have no hole.
CREATE TABLE bloom_head (
    one      integer PRIMARY KEY CHECK (one = 1),
    position bigint  NOT NULL
) WITH (fillfactor = 10);
INSERT INTO bloom_head (one, position) VALUES (1, 0);

-- Unique values, for aggregates stored either way. A value may be longer than an index holds, its digest is not.
CREATE TABLE bloom_keys (
    tenant    text COLLATE "C" NOT NULL,
    aggregate text COLLATE "C" NOT NULL,
    field     text COLLATE "C" NOT NULL,
    value     text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX bloom_keys_by_value ON bloom_keys (tenant, aggregate, field, md5(value));
CREATE INDEX bloom_keys_by_id ON bloom_keys (tenant, aggregate, id);

-- What became of each command that has an id.
CREATE TABLE bloom_outcomes (
    tenant      text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    fingerprint text             NOT NULL,
    body        text             NOT NULL,
    at          timestamptz      NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, key)
);

-- How far each event handler has come.
CREATE TABLE bloom_cursors (
    name     text COLLATE "C" PRIMARY KEY,
    position bigint           NOT NULL
);

-- States of aggregates that are loaded from events, so that few events are read.
CREATE TABLE bloom_snapshots (
    tenant    text COLLATE "C" NOT NULL,
    aggregate text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    version   bigint           NOT NULL,
    shape     text             NOT NULL,
    body      text             NOT NULL,
    at        bigint           NOT NULL,
    PRIMARY KEY (tenant, aggregate, id)
);

-- The keys of people, with which what is personal in events is encrypted. A row that is gone cannot be brought back.
CREATE TABLE bloom_subjects (
    tenant  text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    key_id  text             NOT NULL,
    key     bytea            NOT NULL,
    PRIMARY KEY (tenant, subject)
);

-- How far each read model has come; beside a live one there may be another that is being built.
CREATE TABLE bloom_projections (
    name       text COLLATE "C" NOT NULL,
    generation bigint           NOT NULL,
    state      text             NOT NULL CHECK (state IN ('live', 'paused', 'building')),
    position   bigint           NOT NULL,
    skipped    bigint           NOT NULL DEFAULT 0,
    failure    text,
    PRIMARY KEY (name, generation)
);

-- Writes everything of some units of work but their events. Fails as a whole with the first thing that does not fit:
-- BL001 a stream at another version, BL002 a command that was executed, BL003 a unique value that is taken,
-- BL004 a key of a person that is gone.
CREATE FUNCTION bloom_stage(
    -- What streams have to be at, less than 0 where that is no matter; how many events they get, none where one is only guarded; and
    -- whether the events change their unique values.
    s_tenant text[], s_aggregate text[], s_id text[], s_expected bigint[], s_events integer[], s_keys boolean[],
    o_tenant text[], o_key text[], o_fingerprint text[], o_body text[],
    k_tenant text[], k_aggregate text[], k_id text[], k_field text[], k_value text[],
    -- The keys of people with which something was encrypted.
    p_tenant text[], p_subject text[], p_key_id text[],
    -- A document without a body is gone; one that was removed has a time.
    d_table text[], d_tenant text[], d_id text[], d_version bigint[], d_body text[], d_at bigint[], d_removed bigint[], d_shape integer[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    done   bigint;
    wrong  record;
    fits   boolean;
    target text;
BEGIN
    -- Most commits are of one stream, for which the server need not plan with lists.
    IF cardinality(s_id) = 1 THEN
        IF s_expected[1] > 0 THEN
            UPDATE bloom_streams t SET version = t.version + s_events[1]
            WHERE t.tenant = s_tenant[1] AND t.aggregate = s_aggregate[1] AND t.id = s_id[1] AND t.version = s_expected[1];
        ELSE
            INSERT INTO bloom_streams AS t (tenant, aggregate, id, version)
            VALUES (s_tenant[1], s_aggregate[1], s_id[1], s_events[1])
            ON CONFLICT (tenant, aggregate, id) DO UPDATE
            SET version = t.version + excluded.version WHERE t.version = 0 OR s_expected[1] < 0;
        END IF;
        fits := FOUND;
        IF NOT fits THEN
            SELECT s_tenant[1] AS tenant, s_aggregate[1] AS aggregate, s_id[1] AS id, s_expected[1] AS expected INTO wrong;
        END IF;
    ELSIF 0 = ALL (s_expected) THEN
        WITH made AS (
            INSERT INTO bloom_streams AS t (tenant, aggregate, id, version)
            SELECT s.tenant, s.aggregate, s.id, s.events
            FROM unnest(s_tenant, s_aggregate, s_id, s_events) AS s (tenant, aggregate, id, events)
            ORDER BY 1, 2, 3
            ON CONFLICT (tenant, aggregate, id) DO UPDATE SET version = excluded.version WHERE t.version = 0
            RETURNING t.tenant, t.aggregate, t.id
        )
        SELECT s.tenant, s.aggregate, s.id, 0::bigint AS expected INTO wrong
        FROM unnest(s_tenant, s_aggregate, s_id) AS s (tenant, aggregate, id)
        LEFT JOIN made m USING (tenant, aggregate, id)
        WHERE m.id IS NULL
        LIMIT 1;
        fits := NOT FOUND;
    ELSE
        IF 0 >= ANY (s_expected) THEN
            INSERT INTO bloom_streams (tenant, aggregate, id, version)
            SELECT s.tenant, s.aggregate, s.id, 0
            FROM unnest(s_tenant, s_aggregate, s_id, s_expected) AS s (tenant, aggregate, id, expected)
            WHERE s.expected <= 0
            ORDER BY 1, 2, 3
            ON CONFLICT DO NOTHING;
        END IF;
        -- In one order, so that two who write the same streams wait for each other and never in a circle.
        IF cardinality(s_id) > 1 THEN
            PERFORM 1
            FROM bloom_streams t JOIN unnest(s_tenant, s_aggregate, s_id) AS s (tenant, aggregate, id) USING (tenant, aggregate, id)
            ORDER BY t.tenant, t.aggregate, t.id
            FOR UPDATE OF t;
        END IF;
        WITH moved AS (
            UPDATE bloom_streams t
            SET version = t.version + s.events
            FROM unnest(s_tenant, s_aggregate, s_id, s_expected, s_events) AS s (tenant, aggregate, id, expected, events)
            WHERE t.tenant = s.tenant AND t.aggregate = s.aggregate AND t.id = s.id AND (t.version = s.expected OR s.expected < 0)
            RETURNING t.tenant, t.aggregate, t.id
        )
        SELECT s.tenant, s.aggregate, s.id, s.expected INTO wrong
        FROM unnest(s_tenant, s_aggregate, s_id, s_expected) AS s (tenant, aggregate, id, expected)
        LEFT JOIN moved m USING (tenant, aggregate, id)
        WHERE m.id IS NULL
        LIMIT 1;
        fits := NOT FOUND;
    END IF;
    IF NOT fits THEN
        SELECT version INTO done FROM bloom_streams
        WHERE tenant = wrong.tenant AND aggregate = wrong.aggregate AND id = wrong.id;
        RAISE EXCEPTION 'stream at another version' USING ERRCODE = 'BL001', DETAIL = json_build_object(
            'aggregate', wrong.aggregate, 'id', wrong.id, 'expected', wrong.expected, 'actual', coalesce(done, 0)
        )::text;
    END IF;

    IF cardinality(o_key) > 0 THEN
        INSERT INTO bloom_outcomes (tenant, key, fingerprint, body)
        SELECT * FROM unnest(o_tenant, o_key, o_fingerprint, o_body) ORDER BY 1, 2
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality(o_key) THEN
            RAISE EXCEPTION 'command executed already' USING ERRCODE = 'BL002', DETAIL = json_build_object('key', o_key[1])::text;
        END IF;
    END IF;

    -- Whoever forgets a person waits for those who have written about them, and nobody writes with a key that is gone.
    IF cardinality(p_subject) > 0 THEN
        PERFORM 1
        FROM bloom_subjects t
        WHERE (t.tenant, t.subject, t.key_id) IN (SELECT * FROM unnest(p_tenant, p_subject, p_key_id))
        ORDER BY t.tenant, t.subject
        FOR SHARE OF t;
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> (SELECT count(*) FROM (SELECT DISTINCT * FROM unnest(p_tenant, p_subject, p_key_id)) AS p) THEN
            RAISE EXCEPTION 'person forgotten' USING ERRCODE = 'BL004', DETAIL = json_build_object('subject', p_subject[1])::text;
        END IF;
    END IF;

    -- What an aggregate has no more becomes free before anybody takes something, so that two can swap.
    IF NOT 0 = ALL (s_expected) THEN
        DELETE FROM bloom_keys k
        USING unnest(s_tenant, s_aggregate, s_id, s_keys) AS s (tenant, aggregate, id, keys)
        WHERE k.tenant = s.tenant AND k.aggregate = s.aggregate AND k.id = s.id AND s.keys AND NOT EXISTS (
            SELECT 1 FROM unnest(k_tenant, k_aggregate, k_id, k_field, k_value) AS n (tenant, aggregate, id, field, value)
            WHERE n.tenant = k.tenant AND n.aggregate = k.aggregate AND n.id = k.id AND n.field = k.field AND n.value = k.value
        );
    END IF;
    IF cardinality(k_id) > 0 THEN
        INSERT INTO bloom_keys (tenant, aggregate, id, field, value)
        SELECT n.* FROM unnest(k_tenant, k_aggregate, k_id, k_field, k_value) AS n (tenant, aggregate, id, field, value)
        ORDER BY 1, 2, 4, 5
        ON CONFLICT DO NOTHING;
        SELECT n.aggregate, n.id, n.field INTO wrong
        FROM unnest(k_tenant, k_aggregate, k_id, k_field, k_value) AS n (tenant, aggregate, id, field, value)
        WHERE NOT EXISTS (
            SELECT 1 FROM bloom_keys k
            WHERE k.tenant = n.tenant AND k.aggregate = n.aggregate AND k.field = n.field AND md5(k.value) = md5(n.value)
              AND k.id = n.id
        )
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'unique value taken' USING ERRCODE = 'BL003', DETAIL = row_to_json(wrong)::text;
        END IF;
    END IF;

    IF cardinality(d_table) = 0 THEN
        RETURN;
    END IF;
    FOR target IN SELECT DISTINCT unnest(d_table) ORDER BY 1 LOOP
        -- A view, whose triggers write the tables behind it, takes no ON CONFLICT.
        IF (SELECT relkind FROM pg_class WHERE oid = format('%I', target)::regclass) = 'v' THEN
            EXECUTE format(
                'UPDATE %I t
                 SET version = d.version, shape = d.shape, body = d.body::jsonb, updated_at = d.at, removed_at = d.removed
                 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS d (target, tenant, id, version, body, at, removed, shape)
                 WHERE d.target = $9 AND d.body IS NOT NULL AND t.tenant = d.tenant AND t.id = d.id',
                target
            ) USING d_table, d_tenant, d_id, d_version, d_body, d_at, d_removed, d_shape, target;
            EXECUTE format(
                'INSERT INTO %I (tenant, id, version, shape, body, created_at, updated_at, removed_at)
                 SELECT d.tenant, d.id, d.version, d.shape, d.body::jsonb, d.at, d.at, d.removed
                 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS d (target, tenant, id, version, body, at, removed, shape)
                 WHERE d.target = $9 AND d.body IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM %I t WHERE t.tenant = d.tenant AND t.id = d.id)',
                target, target
            ) USING d_table, d_tenant, d_id, d_version, d_body, d_at, d_removed, d_shape, target;
        ELSE EXECUTE format(
            'INSERT INTO %I (tenant, id, version, shape, body, created_at, updated_at, removed_at)
             SELECT d.tenant, d.id, d.version, d.shape, d.body::jsonb, d.at, d.at, d.removed
             FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS d (target, tenant, id, version, body, at, removed, shape)
             WHERE d.target = $9 AND d.body IS NOT NULL
             ON CONFLICT (tenant, id) DO UPDATE
             SET version = excluded.version, shape = excluded.shape, body = excluded.body, updated_at = excluded.updated_at,
                 removed_at = excluded.removed_at',
            target
        ) USING d_table, d_tenant, d_id, d_version, d_body, d_at, d_removed, d_shape, target;
        END IF;
        IF array_position(d_body, NULL) IS NOT NULL THEN
            EXECUTE format(
                'DELETE FROM %I t USING unnest($1, $2, $3, $4) AS d (target, tenant, id, body)
                 WHERE d.target = $5 AND d.body IS NULL AND t.tenant = d.tenant AND t.id = d.id',
                target
            ) USING d_table, d_tenant, d_id, d_body, target;
        END IF;
    END LOOP;
END
$$;

-- Gives the events the next positions and appends them; the newest position, or NULL without events. A version that is not more than 0
-- says how far it is from the newest one, where nobody knew what the stream is at. It takes the head, for
-- which all others wait, so nothing comes after it but the commit.
CREATE FUNCTION bloom_append(
    e_tenant text[], e_aggregate text[], e_id text[], e_version bigint[], e_name text[], e_revision integer[], e_body text[],
    e_event_id uuid[], e_at bigint[], e_remarks text[],
    -- Tags, each with the number of its event, from 1.
    t_nth integer[], t_tag text[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last bigint;
BEGIN
    IF cardinality(e_id) = 0 THEN
        RETURN NULL;
    END IF;
    UPDATE bloom_head SET position = position + cardinality(e_id) RETURNING position INTO last;
    IF cardinality(e_id) = 1 AND e_version[1] > 0 THEN
        INSERT INTO bloom_events (position, tenant, aggregate, id, version, name, revision, body, event_id, at, remarks)
        VALUES (
            last, e_tenant[1], e_aggregate[1], e_id[1], e_version[1], e_name[1], e_revision[1], e_body[1], e_event_id[1], e_at[1],
            e_remarks[1]
        );
    ELSE INSERT INTO bloom_events (position, tenant, aggregate, id, version, name, revision, body, event_id, at, remarks)
    SELECT
        last - cardinality(e_id) + e.nth, e.tenant, e.aggregate, e.id,
        CASE WHEN e.version > 0 THEN e.version ELSE e.version + (
            SELECT t.version FROM bloom_streams t WHERE t.tenant = e.tenant AND t.aggregate = e.aggregate AND t.id = e.id
        ) END,
        e.name, e.revision, e.body, e.event_id, e.at, e.remarks
    FROM unnest(e_tenant, e_aggregate, e_id, e_version, e_name, e_revision, e_body, e_event_id, e_at, e_remarks)
    WITH ORDINALITY AS e (tenant, aggregate, id, version, name, revision, body, event_id, at, remarks, nth);
    END IF;
    IF cardinality(t_nth) > 0 THEN
        INSERT INTO bloom_tags (tag, tenant, position)
        SELECT DISTINCT t.tag, e_tenant[t.nth], last - cardinality(e_id) + t.nth FROM unnest(t_nth, t_tag) AS t (nth, tag);
    END IF;
    RETURN last;
END
$$;
