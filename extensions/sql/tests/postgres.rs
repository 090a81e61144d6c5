//! PostgreSQL keeps what every storage promises.

mod postgres_server;

use bloom_runtime::testing::conformance::TABLE;
use bloom_sql::{Migrations, PostgresStorage, migration::postgres_documents};

/// A new database, where there is a server.
async fn empty() -> Option<PostgresStorage> {
    let migrations = Migrations::new().with("0001_conformance", postgres_documents(TABLE));
    postgres_server::database(migrations).await
}

bloom_runtime::storage_conformance!(if some empty());
bloom_runtime::interactive_conformance!(if some empty());
