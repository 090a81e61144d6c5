//! The head of the log, where stands which projections are written with the events.

use bloom_runtime::ports::{Position, StoreError};

use crate::{parameters, roster::Roster, transaction::Transaction, value::SqlValue};

/// Takes the head, for which all who append wait from then on; the newest position, and what the head lists.
pub(super) async fn hold(
    transaction: &mut Transaction<'_>,
) -> Result<(Position, Roster), StoreError> {
    const SQLITE: &str = "SELECT position, inline FROM bloom_head";
    const POSTGRES: &str = "SELECT position, inline::text FROM bloom_head FOR UPDATE";
    let sql = if transaction.is_sqlite() { SQLITE } else { POSTGRES };
    let rows = transaction.query(sql, &[]).await?;
    match rows.first().map(Vec::as_slice) {
        Some([SqlValue::Integer(position), inline]) => {
            Ok((Position::new(position.cast_unsigned()), listed(inline)?))
        }
        _ => Err(StoreError::Internal("the log has no head".into())),
    }
}

/// The newest position at the moment.
pub(super) async fn newest(transaction: &mut Transaction<'_>) -> Result<Position, StoreError> {
    let rows = transaction.query("SELECT position FROM bloom_head", &[]).await?;
    match rows.first().map(Vec::as_slice) {
        Some([SqlValue::Integer(position)]) => Ok(Position::new(position.cast_unsigned())),
        _ => Err(StoreError::Internal("the log has no head".into())),
    }
}

/// What the head lists at the moment, which is also what this transaction says that it writes.
pub(super) async fn declare(transaction: &mut Transaction<'_>) -> Result<Roster, StoreError> {
    const SQLITE: &str = "SELECT inline FROM bloom_head";
    const POSTGRES: &str =
        "SELECT set_config('bloom.inline', coalesce(inline::text, ''), true) FROM bloom_head";
    let sql = if transaction.is_sqlite() { SQLITE } else { POSTGRES };
    let rows = transaction.query(sql, &[]).await?;
    rows.first().and_then(|row| row.first()).map_or_else(|| Ok(Roster::default()), listed)
}

/// Writes what the head, which is held, lists from now on.
pub(super) async fn list(
    transaction: &mut Transaction<'_>,
    roster: &Roster,
) -> Result<(), StoreError> {
    const SQLITE: &str = "UPDATE bloom_head SET inline = $1";
    const POSTGRES: &str = "UPDATE bloom_head SET inline = $1::text::jsonb";
    let sql = if transaction.is_sqlite() { SQLITE } else { POSTGRES };
    transaction.execute(sql, &parameters![roster.text()]).await.map(drop)
}

fn listed(value: &SqlValue) -> Result<Roster, StoreError> {
    match value {
        SqlValue::Text(text) if !text.is_empty() => Roster::parse(Some(text)),
        _ => Roster::parse(None),
    }
}
