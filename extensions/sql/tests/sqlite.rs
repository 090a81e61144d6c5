//! SQLite keeps what every storage promises.

use bloom_runtime::testing::conformance::TABLE;
use bloom_sql::{Migrations, SqliteStorage, migration::documents};

/// An empty database; its folder lives as long as the process and is removed by the system.
async fn empty() -> SqliteStorage {
    let path = tempfile::tempdir().expect("a folder").keep().join("test.db");
    let migrations = Migrations::new().with("0001_conformance", documents(TABLE));
    SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
    SqliteStorage::open(&path, &migrations).expect("the database opens")
}

bloom_runtime::storage_conformance!(empty());
bloom_runtime::interactive_conformance!(empty());
