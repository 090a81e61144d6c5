//! Tables that stand for others while these are built anew.

use bloom_runtime::ports::StoreError;

use super::view::Tables;
use crate::{condition::identifier, parameters, transaction::Transaction, value::SqlValue};

/// Makes an empty table like another, with its keys and indexes.
pub(super) async fn create(
    transaction: &mut Transaction<'_>,
    table: &str,
    new: &str,
) -> Result<(), StoreError> {
    refuse_references(transaction, table).await?;
    for statement in like(transaction, table, new).await? {
        transaction.execute(&statement, &[]).await?;
    }
    Ok(())
}

/// A rebuild deletes the rows of the live table, which must take nothing else with it; and a copy of a foreign key in SQLite would refer
/// to the live table.
async fn refuse_references(
    transaction: &mut Transaction<'_>,
    table: &str,
) -> Result<(), StoreError> {
    const SQLITE: &str = "SELECT m.name FROM sqlite_master m, pragma_foreign_key_list(m.name) f
        WHERE m.type = 'table' AND (m.name = $1 OR lower(f.\"table\") = lower($1)
            AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT')) LIMIT 1";
    const POSTGRES: &str = "SELECT c.conrelid::regclass::text FROM pg_constraint c
        WHERE c.contype = 'f' AND c.confrelid = $1::text::regclass AND c.confdeltype IN ('c', 'n', 'd') LIMIT 1";
    let found = if transaction.is_sqlite() {
        transaction.query(SQLITE, &parameters![table]).await?
    } else {
        transaction.query(POSTGRES, &parameters![identifier(table)]).await?
    };
    let Some(SqlValue::Text(referring)) = found.first().and_then(|row| row.first()) else {
        return Ok(());
    };
    Err(StoreError::Internal(
        format!(
            "`{table}` cannot be rebuilt: `{referring}` has a foreign key, with which a rebuild would change other rows; \
             a read model needs none"
        )
        .into(),
    ))
}

/// Puts the rows of the new tables in the place of those of the old ones, and drops the new ones.
pub(super) async fn replace(
    transaction: &mut Transaction<'_>,
    tables: &Tables,
) -> Result<(), StoreError> {
    for (table, _) in tables.pairs().rev() {
        transaction.execute(&format!("DELETE FROM {}", identifier(table)), &[]).await?;
    }
    for (table, new) in tables.pairs() {
        let columns = columns(transaction, table).await?.join(", ");
        let (table, new) = (identifier(table), identifier(&new));
        // Also what the database numbers by itself is taken as it is.
        let as_is = if transaction.is_sqlite() { "" } else { "OVERRIDING SYSTEM VALUE " };
        let sql = format!("INSERT INTO {table} ({columns}) {as_is}SELECT {columns} FROM {new}");
        transaction.execute(&sql, &[]).await?;
    }
    drop(transaction, tables).await
}

/// Drops the new tables.
pub(super) async fn drop(
    transaction: &mut Transaction<'_>,
    tables: &Tables,
) -> Result<(), StoreError> {
    for (_, new) in tables.pairs().rev() {
        let sql = format!("DROP TABLE IF EXISTS {}", identifier(&new));
        transaction.execute(&sql, &[]).await?;
    }
    Ok(())
}

/// The statements that make a table like another.
async fn like(
    transaction: &mut Transaction<'_>,
    table: &str,
    new: &str,
) -> Result<Vec<String>, StoreError> {
    if !transaction.is_sqlite() {
        let (table, new) = (identifier(table), identifier(new));
        return Ok(vec![format!("CREATE TABLE {new} (LIKE {table} INCLUDING ALL)")]);
    }
    // SQLite keeps the statements. What stands before the first parenthesis are names only.
    const SQL: &str = "SELECT type, name, sql FROM sqlite_master
        WHERE tbl_name = $1 AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC";
    let mut statements = Vec::new();
    for row in transaction.query(SQL, &parameters![table]).await? {
        let [SqlValue::Text(kind), SqlValue::Text(name), SqlValue::Text(sql)] = &row[..] else {
            continue;
        };
        let Some(at) = sql.find('(') else { continue };
        let (before, body) = sql.split_at(at);
        statements.push(if kind == "table" {
            format!("CREATE TABLE {} {body}", identifier(new))
        } else {
            let is_unique = before.to_ascii_uppercase().starts_with("CREATE UNIQUE");
            let unique = if is_unique { "UNIQUE " } else { "" };
            let index = identifier(&format!("{new}_{name}"));
            format!("CREATE {unique}INDEX {index} ON {} {body}", identifier(new))
        });
    }
    if statements.is_empty() {
        return Err(StoreError::Internal(
            format!("there is no table `{table}`: a migration makes it").into(),
        ));
    }
    Ok(statements)
}

/// The columns of a table that are written, quoted.
async fn columns(
    transaction: &mut Transaction<'_>,
    table: &str,
) -> Result<Vec<String>, StoreError> {
    const SQLITE: &str = "SELECT name FROM pragma_table_xinfo($1) WHERE hidden = 0";
    const POSTGRES: &str = "SELECT attname::text FROM pg_attribute
        WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        ORDER BY attnum";
    let rows = if transaction.is_sqlite() {
        transaction.query(SQLITE, &parameters![table]).await?
    } else {
        transaction.query(POSTGRES, &parameters![identifier(table)]).await?
    };
    Ok(rows
        .into_iter()
        .flatten()
        .filter_map(|value| match value {
            SqlValue::Text(name) => Some(identifier(&name)),
            _ => None,
        })
        .collect())
}
