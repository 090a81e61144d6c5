//! Old events, out of the log: alike for both drivers.

use std::sync::Arc;

use bloom_runtime::ports::{
    Instead, Lifecycle, LogReader, Position, StoreError, StreamId, Truncation,
};

use crate::{
    parameters,
    transaction::Transaction,
    value::SqlValue,
    work::{FailedStatement, SqlWork},
};

/// Whoever follows the log with a place in this database. What is Bloom's own reads nothing that it would miss.
pub(crate) const READERS: &str =
    "SELECT name, position FROM bloom_cursors WHERE name NOT LIKE 'bloom.%'
    UNION ALL SELECT name, position FROM bloom_projections
    UNION ALL SELECT p.name, min(k.position) - 1 FROM bloom_projections p
        JOIN bloom_parked k ON k.name = p.name AND k.generation = p.generation GROUP BY p.name ORDER BY position";

/// Truncates some streams, in one transaction with the checks.
pub(crate) fn truncate(truncations: Vec<Truncation>) -> [SqlWork; 2] {
    let truncations: Arc<[Truncation]> = truncations.into();
    let work = SqlWork::hook(move |transaction| {
        let truncations = Arc::clone(&truncations);
        Box::pin(async move {
            // Whoever begins meanwhile waits, and then finds what has gone; so does whoever else truncates.
            if !transaction.is_sqlite() {
                shut_out(transaction).await?;
            }
            let readers = readers(transaction.query(READERS, &[]).await?)?;
            for truncation in &*truncations {
                one(transaction, truncation, readers.first()).await?;
            }
            Ok(())
        })
    });
    [SqlWork::for_every_tenant(), work]
}

/// Keeps others from moving for a while. A rebuild may be at its end, and have the table for long: nobody is made to wait behind it.
async fn shut_out(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    const BRIEFLY: &str =
        "SELECT current_setting('lock_timeout'), set_config('lock_timeout', '500ms', true)";
    const AS_BEFORE: &str = "SELECT set_config('lock_timeout', $1, true)";
    let before = transaction.query(BRIEFLY, &[]).await?;
    for table in ["bloom_projections", "bloom_cursors"] {
        let lock = format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE");
        transaction.execute(&lock, &[]).await.map_err(|error| {
            if !FailedStatement::blames_the_server(&error) {
                return error;
            }
            let reason = format!(
                "`{table}` is in use, by the end of a rebuild maybe; the same again succeeds later"
            );
            StoreError::Unavailable { reason, source: Some(error.into()) }
        })?;
    }
    let before = before.into_iter().next().and_then(|row| row.into_iter().next());
    transaction.query(AS_BEFORE, &[before.unwrap_or(SqlValue::Text("0".to_owned()))]).await?;
    Ok(())
}

async fn one(
    transaction: &mut Transaction<'_>,
    truncation: &Truncation,
    slowest: Option<&LogReader>,
) -> Result<(), StoreError> {
    const NEWEST: &str = "SELECT e.position, s.version, e.name FROM bloom_events e
        JOIN bloom_streams s ON s.tenant = e.tenant AND s.aggregate = e.aggregate AND s.id = e.id
        WHERE e.tenant = $1 AND e.aggregate = $2 AND e.id = $3 AND e.version = $4";
    const LEAVE: &str = "UPDATE bloom_events
        SET name = 'bloom.truncated', revision = 1, body = '{}', remarks = NULL
        WHERE tenant = $1 AND aggregate = $2 AND id = $3 AND version <= $4
        AND name <> 'bloom.truncated'";
    const BEGIN: &str = "UPDATE bloom_events SET name = $5, revision = 1, body = $6
        WHERE tenant = $1 AND aggregate = $2 AND id = $3 AND version = $4";
    let Truncation { stream: StreamId { tenant, aggregate, id }, up_to, instead } = truncation;
    let up_to = up_to.get().cast_signed();
    let place = parameters![tenant.as_str(), aggregate.as_str(), id.as_str(), up_to];
    let found = transaction.query(NEWEST, &place).await?;
    let Some([SqlValue::Integer(position), SqlValue::Integer(newest), SqlValue::Text(name)]) =
        found.first().map(Vec::as_slice)
    else {
        return Err(truncation.too_far());
    };
    // Somebody has truncated it meanwhile, and as far.
    if name == Lifecycle::Truncated.name() {
        return Ok(());
    }
    if up_to == *newest && !matches!(instead, Instead::Genesis(_)) {
        return Err(truncation.too_far());
    }
    if let Some(LogReader { name, position: reached }) = slowest
        && reached.get() < position.cast_unsigned()
    {
        return Err(StoreError::StillRead { reader: name.clone(), position: *reached });
    }
    transaction.execute(LEAVE, &place).await?;
    if let Instead::Genesis(state) = instead {
        let mut begun = place;
        begun.extend(parameters![Lifecycle::Genesis.name(), state.as_str()]);
        transaction.execute(BEGIN, &begun).await?;
    }
    Ok(())
}

/// The readers of the rows, the one that has come the least far first.
pub(crate) fn readers(rows: Vec<Vec<SqlValue>>) -> Result<Vec<LogReader>, StoreError> {
    let reader = |row: Vec<SqlValue>| match <[SqlValue; 2]>::try_from(row) {
        Ok([SqlValue::Text(name), SqlValue::Integer(position)]) => {
            Ok(LogReader { name, position: Position::new(position.cast_unsigned()) })
        }
        _ => Err(StoreError::Internal("a place in the log has columns of other types".into())),
    };
    rows.into_iter().map(reader).collect()
}
