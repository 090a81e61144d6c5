//! Applying migrations.

use tokio_postgres::{Client, GenericClient};

use super::pool::{Connections, Whose};
use crate::migration::{Migration, MigrationError, MigrationState, Migrations};

/// Bloom's own tables.
pub(super) static SCHEMA: [Migration; 5] = [
    Migration::fixed("0000_bloom", include_str!("../../migrations/postgres/0000_bloom.sql")),
    Migration::fixed(
        "0000_bloom_parked",
        include_str!("../../migrations/postgres/0000_bloom_parked.sql"),
    ),
    Migration::fixed(
        "0000_bloom_inline",
        include_str!("../../migrations/postgres/0000_bloom_inline.sql"),
    ),
    Migration::fixed(
        "0000_bloom_leases",
        include_str!("../../migrations/postgres/0000_bloom_leases.sql"),
    ),
    Migration::fixed(
        "0000_bloom_row_by_row",
        include_str!("../../migrations/postgres/0000_bloom_row_by_row.sql"),
    ),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS bloom_migrations (
    name     text        PRIMARY KEY,
    checksum text        NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
)";

/// The lock of whoever migrates; any number does that nobody else uses.
const LOCK: i64 = 0x626c_6f6f_6d00;

/// Names and checksums of what the database has.
pub(super) async fn applied(
    client: &impl GenericClient,
) -> Result<Vec<(String, String)>, MigrationError> {
    let there = client.query_one("SELECT to_regclass('bloom_migrations') IS NOT NULL", &[]).await;
    if !there.map_err(unavailable)?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let rows = client.query("SELECT name, checksum FROM bloom_migrations ORDER BY name", &[]).await;
    Ok(rows.map_err(unavailable)?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Applies what is pending, in one transaction that no second runner can enter.
pub(super) async fn apply(
    connections: &Connections,
    migrations: &Migrations,
) -> Result<Vec<String>, MigrationError> {
    let mut client = connections
        .take(Whose::All)
        .await
        .map_err(|error| MigrationError::Unavailable(error.into()))?;
    let client: &mut Client = &mut client;
    let transaction = client.transaction().await.map_err(unavailable)?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(unavailable)?;
    // A step that changes data is about all tenants, also where policies keep them apart.
    let all = "SELECT set_config('bloom.every_tenant', 'on', true)";
    transaction.execute(all, &[]).await.map_err(unavailable)?;
    transaction.batch_execute(TABLE).await.map_err(unavailable)?;
    let mut names = Vec::new();
    for (migration, state) in migrations.plan(&SCHEMA, &applied(&transaction).await?)? {
        if state == MigrationState::Applied {
            continue;
        }
        let failed = |error: tokio_postgres::Error| MigrationError::Failed {
            name: migration.name.to_string(),
            source: error.into(),
        };
        transaction.batch_execute(&migration.sql).await.map_err(failed)?;
        transaction
            .execute(
                "INSERT INTO bloom_migrations (name, checksum) VALUES ($1, $2)",
                &[&migration.name.as_ref(), &migration.checksum()],
            )
            .await
            .map_err(failed)?;
        names.push(migration.name.to_string());
    }
    transaction.commit().await.map_err(unavailable)?;
    Ok(names)
}

pub(super) fn unavailable(error: tokio_postgres::Error) -> MigrationError {
    MigrationError::Unavailable(error.into())
}
