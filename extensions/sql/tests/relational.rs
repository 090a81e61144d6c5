//! Tables of one's own behind a view: Bloom reads and writes the view, whose triggers are the mapping, and everything holds that holds
//! for documents.

mod postgres_server;

use bloom_runtime::testing::conformance::TABLE;

mod on_sqlite {
    use bloom_sql::{Migrations, SqliteStorage};

    use super::TABLE;

    /// A column for each field, and the rest of the document for those that come later.
    fn tables() -> String {
        format!(
            "CREATE TABLE {TABLE}_rows (
                 tenant     TEXT    NOT NULL,
                 id         TEXT    NOT NULL,
                 version    INTEGER NOT NULL,
                 shape      INTEGER NOT NULL,
                 owner      TEXT,
                 balance    TEXT, -- a number that may be larger than SQLite's
                 rest       TEXT    NOT NULL,
                 created_at INTEGER NOT NULL,
                 updated_at INTEGER NOT NULL,
                 removed_at INTEGER,
                 PRIMARY KEY (tenant, id)
             ) WITHOUT ROWID;
             CREATE VIEW {TABLE} (tenant, id, version, shape, body, created_at, updated_at, removed_at) AS
             SELECT tenant, id, version, shape, json_patch(rest, json_object('id', id, 'owner', owner, 'balance', json(balance))),
                 created_at, updated_at, removed_at
             FROM {TABLE}_rows;
             CREATE TRIGGER {TABLE}_insert INSTEAD OF INSERT ON {TABLE} BEGIN
                 INSERT INTO {TABLE}_rows VALUES (
                     NEW.tenant, NEW.id, NEW.version, NEW.shape, NEW.body ->> '$.owner', NEW.body -> '$.balance',
                     json_remove(NEW.body, '$.id', '$.owner', '$.balance'), NEW.created_at, NEW.updated_at, NEW.removed_at
                 );
             END;
             CREATE TRIGGER {TABLE}_update INSTEAD OF UPDATE ON {TABLE} BEGIN
                 UPDATE {TABLE}_rows
                 SET version = NEW.version, shape = NEW.shape, owner = NEW.body ->> '$.owner', balance = NEW.body -> '$.balance',
                     rest = json_remove(NEW.body, '$.id', '$.owner', '$.balance'), updated_at = NEW.updated_at,
                     removed_at = NEW.removed_at
                 WHERE tenant = OLD.tenant AND id = OLD.id;
             END;
             CREATE TRIGGER {TABLE}_delete INSTEAD OF DELETE ON {TABLE} BEGIN
                 DELETE FROM {TABLE}_rows WHERE tenant = OLD.tenant AND id = OLD.id;
             END;"
        )
    }

    async fn empty() -> SqliteStorage {
        let path = tempfile::tempdir().expect("a folder").keep().join("test.db");
        let migrations = Migrations::new().with("0001_accounts", tables());
        SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
        SqliteStorage::open(&path, &migrations).expect("the database opens")
    }

    bloom_runtime::storage_conformance!(empty());
    bloom_runtime::interactive_conformance!(empty());
}

mod on_postgres {
    use bloom_sql::{Migrations, PostgresStorage};

    use super::{TABLE, postgres_server};

    fn tables() -> String {
        format!(
            "CREATE TABLE {TABLE}_rows (
                 tenant     text COLLATE \"C\" NOT NULL,
                 id         text COLLATE \"C\" NOT NULL,
                 version    bigint           NOT NULL,
                 shape      integer          NOT NULL,
                 owner      text COLLATE \"C\",
                 balance    numeric,
                 rest       jsonb            NOT NULL,
                 created_at bigint           NOT NULL,
                 updated_at bigint           NOT NULL,
                 removed_at bigint,
                 PRIMARY KEY (tenant, id)
             );
             CREATE VIEW {TABLE} AS
             SELECT tenant, id, version, shape, rest || jsonb_build_object('id', id, 'owner', owner, 'balance', balance) AS body,
                 created_at, updated_at, removed_at
             FROM {TABLE}_rows;
             CREATE FUNCTION {TABLE}_write() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF TG_OP <> 'INSERT' THEN
                     DELETE FROM {TABLE}_rows WHERE tenant = OLD.tenant AND id = OLD.id;
                 END IF;
                 IF TG_OP = 'DELETE' THEN
                     RETURN OLD;
                 END IF;
                 INSERT INTO {TABLE}_rows VALUES (
                     NEW.tenant, NEW.id, NEW.version, NEW.shape, NEW.body ->> 'owner', (NEW.body ->> 'balance')::numeric,
                     NEW.body - '{{id,owner,balance}}'::text[], NEW.created_at, NEW.updated_at, NEW.removed_at
                 );
                 RETURN NEW;
             END
             $$;
             CREATE TRIGGER {TABLE}_write INSTEAD OF INSERT OR UPDATE OR DELETE ON {TABLE}
             FOR EACH ROW EXECUTE FUNCTION {TABLE}_write();"
        )
    }

    async fn empty() -> Option<PostgresStorage> {
        postgres_server::database(Migrations::new().with("0001_accounts", tables())).await
    }

    bloom_runtime::storage_conformance!(if some empty());
    bloom_runtime::interactive_conformance!(if some empty());
}
