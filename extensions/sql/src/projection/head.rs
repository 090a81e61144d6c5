//! The head of the log, where stands which projections are written with the events.

use std::collections::BTreeSet;

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

/// What the head lists at the moment, which is also what this transaction says that it writes. Until it ends, none of these projections
/// goes from one generation to another.
pub(super) async fn declare(
    transaction: &mut Transaction<'_>,
    projections: impl Iterator<Item = &str>,
) -> Result<Roster, StoreError> {
    const SQLITE: &str = "SELECT inline FROM bloom_head";
    // Whoever has to wait here may have read what is not so any more, and finds out when it takes the head.
    const POSTGRES: &str = "SELECT set_config('bloom.inline', coalesce(inline::text, '{}'), true),
        (SELECT count(pg_advisory_xact_lock_shared(hashtextextended('bloom_head'::regclass::oid::text || '.' || name, 0)))
         FROM unnest(string_to_array($1, chr(10))) AS name)
        FROM bloom_head";
    let rows = if transaction.is_sqlite() {
        transaction.query(SQLITE, &[]).await?
    } else {
        // In one order, whatever the order in which a program registers them.
        let names: BTreeSet<&str> = projections.collect();
        let names = names.into_iter().collect::<Vec<_>>().join("\n");
        transaction.query(POSTGRES, &parameters![names]).await?
    };
    rows.first().and_then(|row| row.first()).map_or_else(|| Ok(Roster::default()), listed)
}

/// Says that this transaction writes what is listed here.
pub(super) async fn declare_also(
    transaction: &mut Transaction<'_>,
    roster: &Roster,
) -> Result<(), StoreError> {
    const SQL: &str = "SELECT set_config('bloom.inline', $1, true)";
    if !transaction.is_sqlite() {
        transaction.query(SQL, &parameters![roster.text().unwrap_or_default()]).await?;
    }
    Ok(())
}

/// Waits for those who write a projection with their events, and keeps others from it. They take this first and the head last, as
/// whoever goes through the door does, so that nobody waits in a circle.
pub(super) async fn shut(
    transaction: &mut Transaction<'_>,
    projection: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "SELECT pg_advisory_xact_lock(hashtextextended('bloom_head'::regclass::oid::text || '.' || $1, 0))::text";
    if !transaction.is_sqlite() {
        transaction.query(SQL, &parameters![projection]).await?;
    }
    Ok(())
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
