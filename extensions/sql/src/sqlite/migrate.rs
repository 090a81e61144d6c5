//! Applying migrations.

use rusqlite::{Connection, TransactionBehavior};

use crate::migration::{Migration, MigrationError, MigrationState, Migrations};

/// Bloom's own tables.
pub(super) static SCHEMA: [Migration; 4] = [
    Migration::fixed("0000_bloom", include_str!("../../migrations/sqlite/0000_bloom.sql")),
    Migration::fixed(
        "0000_bloom_parked",
        include_str!("../../migrations/sqlite/0000_bloom_parked.sql"),
    ),
    Migration::fixed(
        "0000_bloom_inline",
        include_str!("../../migrations/sqlite/0000_bloom_inline.sql"),
    ),
    Migration::fixed(
        "0000_bloom_leases",
        include_str!("../../migrations/sqlite/0000_bloom_leases.sql"),
    ),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS bloom_migrations (
    name     TEXT    PRIMARY KEY,
    checksum TEXT    NOT NULL,
    at       INTEGER NOT NULL DEFAULT (unixepoch())
) WITHOUT ROWID";

/// Names and checksums of what the database has.
pub(super) fn applied(connection: &Connection) -> Result<Vec<(String, String)>, MigrationError> {
    let read = || -> rusqlite::Result<Vec<(String, String)>> {
        if !connection.table_exists(None, "bloom_migrations")? {
            return Ok(Vec::new());
        }
        let mut statement =
            connection.prepare("SELECT name, checksum FROM bloom_migrations ORDER BY name")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    };
    read().map_err(unavailable)
}

/// Applies what is pending, in one transaction that no second runner can enter.
pub(super) fn apply(
    connection: &mut Connection,
    migrations: &Migrations,
) -> Result<Vec<String>, MigrationError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(unavailable)?;
    transaction.execute_batch(TABLE).map_err(unavailable)?;
    let mut names = Vec::new();
    for (migration, state) in migrations.plan(&SCHEMA, &applied(&transaction)?)? {
        if state == MigrationState::Applied {
            continue;
        }
        let failed = |error: rusqlite::Error| MigrationError::Failed {
            name: migration.name.to_string(),
            source: error.into(),
        };
        transaction.execute_batch(&migration.sql).map_err(failed)?;
        transaction
            .execute(
                "INSERT INTO bloom_migrations (name, checksum) VALUES (?1, ?2)",
                (&migration.name, migration.checksum()),
            )
            .map_err(failed)?;
        names.push(migration.name.to_string());
    }
    transaction.commit().map_err(unavailable)?;
    Ok(names)
}

fn unavailable(error: rusqlite::Error) -> MigrationError {
    MigrationError::Unavailable(error.into())
}
