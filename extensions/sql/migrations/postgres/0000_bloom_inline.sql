-- The read models that are written with the events, in the same transaction: for each kind of aggregate their names and generations. It
-- stands in the row that every append takes, so that nobody appends without having written them.
ALTER TABLE bloom_head ADD COLUMN inline jsonb;

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
