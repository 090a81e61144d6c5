-- What commits write, in statements whose plans last: the server plans a join with lists anew for each list, which takes longer than it
-- takes to write some rows one after the other.

-- Writes everything of some units of work but their events. Fails as a whole with the first thing that does not fit:
-- BL001 a stream at another version, BL002 a command that was executed, BL003 a unique value that is taken,
-- BL004 a key of a person that is gone.
CREATE OR REPLACE FUNCTION bloom_stage(
    -- In the order of tenants, aggregates and ids, so that two who write the same streams wait for each other and never in a circle.
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
    target text;
BEGIN
    FOR n IN 1 .. cardinality(s_id) LOOP
        IF s_expected[n] > 0 THEN
            UPDATE bloom_streams t SET version = t.version + s_events[n]
            WHERE t.tenant = s_tenant[n] AND t.aggregate = s_aggregate[n] AND t.id = s_id[n] AND t.version = s_expected[n];
        ELSE
            INSERT INTO bloom_streams AS t (tenant, aggregate, id, version)
            VALUES (s_tenant[n], s_aggregate[n], s_id[n], s_events[n])
            ON CONFLICT (tenant, aggregate, id) DO UPDATE
            SET version = t.version + excluded.version WHERE t.version = 0 OR s_expected[n] < 0;
        END IF;
        IF NOT FOUND THEN
            SELECT version INTO done FROM bloom_streams
            WHERE tenant = s_tenant[n] AND aggregate = s_aggregate[n] AND id = s_id[n];
            RAISE EXCEPTION 'stream at another version' USING ERRCODE = 'BL001', DETAIL = json_build_object(
                'aggregate', s_aggregate[n], 'id', s_id[n], 'expected', s_expected[n], 'actual', coalesce(done, 0)
            )::text;
        END IF;
    END LOOP;

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
    IF cardinality(k_id) = 0 THEN
        FOR n IN 1 .. cardinality(s_id) LOOP
            IF s_keys[n] AND s_expected[n] <> 0 THEN
                DELETE FROM bloom_keys WHERE tenant = s_tenant[n] AND aggregate = s_aggregate[n] AND id = s_id[n];
            END IF;
        END LOOP;
    ELSIF NOT 0 = ALL (s_expected) THEN
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
-- which all others wait, so nothing comes after it but the commit. BL005 says that the transaction has not written the read models that the
-- head lists, or others, or those of another generation: they may have been rebuilt meanwhile.
CREATE OR REPLACE FUNCTION bloom_append(
    e_tenant text[], e_aggregate text[], e_id text[], e_version bigint[], e_name text[], e_revision integer[], e_body text[],
    e_event_id uuid[], e_at bigint[], e_remarks text[],
    -- Tags, each with the number of its event, from 1.
    t_nth integer[], t_tag text[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last    bigint;
    listed  jsonb;
    written jsonb := nullif(current_setting('bloom.inline', true), '');
    wrong   text;
BEGIN
    IF cardinality(e_id) = 0 THEN
        RETURN NULL;
    END IF;
    UPDATE bloom_head SET position = position + cardinality(e_id) RETURNING position, inline INTO last, listed;
    IF listed IS NOT NULL OR written IS NOT NULL THEN
        SELECT e.aggregate INTO wrong FROM unnest(e_aggregate) AS e (aggregate)
        WHERE listed -> e.aggregate IS DISTINCT FROM written -> e.aggregate
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'read models that are written with these events' USING ERRCODE = 'BL005', DETAIL = json_build_object(
                'aggregate', wrong,
                'key', (SELECT string_agg(name, '`, `' ORDER BY name) FROM jsonb_object_keys(listed -> wrong) AS name),
                'id', CASE WHEN written IS NULL THEN '' ELSE 'others' END
            )::text;
        END IF;
    END IF;
    IF cardinality(e_id) = 1 AND e_version[1] > 0 THEN
        INSERT INTO bloom_events (position, tenant, aggregate, id, version, name, revision, body, event_id, at, remarks)
        VALUES (
            last, e_tenant[1], e_aggregate[1], e_id[1], e_version[1], e_name[1], e_revision[1], e_body[1], e_event_id[1], e_at[1],
            e_remarks[1]
        );
    ELSE
        IF 0 >= ANY (e_version) THEN
            SELECT array_agg(
                CASE WHEN e.version > 0 THEN e.version ELSE e.version + (
                    SELECT t.version FROM bloom_streams t WHERE t.tenant = e.tenant AND t.aggregate = e.aggregate AND t.id = e.id
                ) END
                ORDER BY e.nth
            ) INTO e_version
            FROM unnest(e_tenant, e_aggregate, e_id, e_version) WITH ORDINALITY AS e (tenant, aggregate, id, version, nth);
        END IF;
        INSERT INTO bloom_events (position, tenant, aggregate, id, version, name, revision, body, event_id, at, remarks)
        SELECT
            last - cardinality(e_id) + n, e_tenant[n], e_aggregate[n], e_id[n], e_version[n], e_name[n], e_revision[n], e_body[n],
            e_event_id[n], e_at[n], e_remarks[n]
        FROM generate_series(1, cardinality(e_id)) AS n;
    END IF;
    IF cardinality(t_nth) > 0 THEN
        INSERT INTO bloom_tags (tag, tenant, position)
        SELECT DISTINCT t.tag, e_tenant[t.nth], last - cardinality(e_id) + t.nth FROM unnest(t_nth, t_tag) AS t (nth, tag);
    END IF;
    RETURN last;
END
$$;
