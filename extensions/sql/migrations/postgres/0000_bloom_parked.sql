-- Events that a read model has set aside. The first one of an aggregate says why; those behind it wait.
CREATE TABLE bloom_parked (
    name       text COLLATE "C" NOT NULL,
    generation bigint           NOT NULL,
    position   bigint           NOT NULL,
    tenant     text COLLATE "C" NOT NULL,
    aggregate  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    failure    text,
    PRIMARY KEY (name, generation, position)
);

CREATE INDEX bloom_parked_streams ON bloom_parked (name, generation, tenant, aggregate, id, position);
CREATE INDEX bloom_parked_first ON bloom_parked (name, generation, position) WHERE failure IS NOT NULL;
