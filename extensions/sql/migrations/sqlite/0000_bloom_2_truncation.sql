-- Streams that nobody can fold from their events any more, since the first of them were truncated: few, if any.
CREATE INDEX bloom_events_lost ON bloom_events (aggregate, tenant, id) WHERE name = 'bloom.truncated' AND revision = 1;
