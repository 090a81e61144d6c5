//! The statements that read events.

use std::{collections::BTreeSet, future::poll_fn, pin::pin};

use bloom_runtime::{
    application::{Keyring, Whose},
    domain::{Metadata, Timestamp, Uuid, Version},
    ports::{
        Boundary, Direction, EventSelection, Names, Payload, Position, RecordedEvent, StoreError,
        StreamId, StreamSlice, SubjectKey,
    },
};
use deadpool_postgres::ClientWrapper;
use futures_core::Stream;
use tokio_postgres::{Row, types::ToSql};

use super::{
    error::store_error,
    read::{asked, column, each, rows, signed, unsigned},
    translate::Postgres,
};
use crate::{
    condition::Statement,
    selection::{EVENT, EVENT_OF_STREAM},
};

pub(crate) async fn log(
    client: &ClientWrapper,
    after: Position,
    limit: usize,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let sql = format!("{EVENT} WHERE position > $1 ORDER BY position LIMIT $2");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    each(client, &sql, &[&after.get().cast_signed(), &limit], event).await
}

pub(super) async fn slice(
    client: &ClientWrapper,
    stream: &StreamId,
    slice: StreamSlice,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let StreamId { tenant, aggregate, id } = stream;
    let order = match slice.direction {
        Direction::Forwards => "ASC",
        Direction::Backwards => "DESC",
    };
    let sql = format!(
        "{EVENT_OF_STREAM} WHERE tenant = $1 AND aggregate = $2 AND id = $3 AND version > $4 AND version <= $5 AND name <> 'bloom.truncated'
         ORDER BY version {order} LIMIT $6"
    );
    let after = signed(slice.after);
    let up_to = slice.up_to.map_or(i64::MAX, signed);
    let limit = i64::try_from(slice.limit).unwrap_or(i64::MAX);
    let values: [&(dyn ToSql + Sync); 6] = [tenant, aggregate, id, &after, &up_to, &limit];
    each(client, &sql, &values, |row| event_of(row, stream.clone())).await
}

/// What an aggregate is folded from; `None` when something of it has to be decrypted first.
pub(super) type Plain = Option<Vec<Payload>>;

/// What one is folded from.
pub(super) async fn payloads(
    client: &ClientWrapper,
    stream: &StreamId,
    after: Version,
) -> Result<Plain, StoreError> {
    let sql =
        "SELECT version, name, revision, body, remarks LIKE '%\"subject\":%' FROM bloom_events
               WHERE tenant = $1 AND aggregate = $2 AND id = $3 AND version > $4 AND name <> 'bloom.truncated'
               ORDER BY version";
    let StreamId { tenant, aggregate, id } = stream;
    let after = signed(after);
    let statement = client.prepare_cached(sql).await.map_err(store_error)?;
    let parameters: [&(dyn ToSql + Sync); 4] = [tenant, aggregate, id, &after];
    let rows = client.query_raw(&statement, parameters).await.map_err(store_error)?;
    let mut rows = pin!(rows);
    let (mut names, mut payloads) = (Names::default(), Vec::new());
    let mut is_personal = false;
    // Each row is let go when the next one comes.
    while let Some(row) = poll_fn(|context| rows.as_mut().poll_next(context)).await {
        let row = row.map_err(store_error)?;
        is_personal |= column::<Option<bool>>(&row, 4)?.unwrap_or_default();
        payloads.push(payload(&row, &mut names)?);
    }
    Ok((!is_personal).then_some(payloads))
}

/// The same of several, each `None` when it has more events than others should wait for.
pub(super) async fn payloads_of(
    client: &ClientWrapper,
    asked: &[(&StreamId, Version)],
) -> Result<Vec<Option<Plain>>, StoreError> {
    // More is read alone.
    const FEW: i64 = 128;
    // In brackets the lists are none that the server looks into, and so would plan anew for.
    let sql = "SELECT e.version, e.name, e.revision, e.body, e.personal, n.nth
               FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::text[]), (SELECT $4::bigint[]))
                   WITH ORDINALITY AS n (tenant, aggregate, id, after, nth)
               CROSS JOIN LATERAL (
                   SELECT version, name, revision, body, remarks LIKE '%\"subject\":%' AS personal FROM bloom_events
                   WHERE tenant = n.tenant AND aggregate = n.aggregate AND id = n.id AND version > n.after AND name <> 'bloom.truncated'
                   ORDER BY version LIMIT $5
               ) AS e";
    let tenants: Vec<&str> = asked.iter().map(|(stream, _)| stream.tenant.as_str()).collect();
    let aggregates: Vec<&str> = asked.iter().map(|(stream, _)| stream.aggregate.as_str()).collect();
    let ids: Vec<&str> = asked.iter().map(|(stream, _)| stream.id.as_str()).collect();
    let after: Vec<i64> = asked.iter().map(|(_, after)| signed(*after)).collect();
    let mut names = Names::default();
    let mut found: Vec<(bool, Vec<Payload>)> = asked.iter().map(|_| Default::default()).collect();
    each(client, sql, &[&tenants, &aggregates, &ids, &after, &(FEW + 1)], |row| {
        let nth = unsigned(row, 5)?;
        let of = usize::try_from(nth).ok().and_then(|nth| found.get_mut(nth.checked_sub(1)?));
        let Some((is_personal, payloads)) = of else { return Ok(()) };
        *is_personal |= column::<Option<bool>>(row, 4)?.unwrap_or_default();
        payloads.push(payload(row, &mut names)?);
        Ok(())
    })
    .await?;
    let each = found.into_iter().map(|(is_personal, payloads)| {
        // That they come in order follows from how the server reads, and not from the statement.
        let is_whole = payloads.len() as u64 <= FEW.cast_unsigned()
            && payloads.is_sorted_by_key(|payload| payload.version);
        is_whole.then_some((!is_personal).then_some(payloads))
    });
    Ok(each.collect())
}

fn payload(row: &Row, names: &mut Names) -> Result<Payload, StoreError> {
    let revision: i32 = column(row, 2)?;
    Ok(Payload {
        version: Version::new(unsigned(row, 0)?),
        name: names.share(column(row, 1)?),
        revision: revision.cast_unsigned(),
        body: column(row, 3)?,
    })
}

pub(super) async fn select(
    client: &ClientWrapper,
    selection: &EventSelection,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut statement = Statement::<Postgres>::new();
    let sql = statement.select(selection);
    asked(client, &sql, statement).await?.iter().map(event).collect()
}

/// The keys of these people, tenant and subject, as far as they have one.
pub(crate) async fn keys(
    client: &ClientWrapper,
    people: &BTreeSet<Whose>,
) -> Result<Keyring, StoreError> {
    let sql = "SELECT s.tenant, s.subject, s.key_id, s.key FROM bloom_subjects s
               JOIN unnest($1::text[], $2::text[]) AS p (tenant, subject) USING (tenant, subject)";
    let (tenants, subjects): (Vec<&str>, Vec<&str>) =
        people.iter().map(|(tenant, subject)| (tenant.as_str(), subject.as_str())).unzip();
    let found = rows(client, sql, &[&tenants, &subjects]).await?;
    let key = |row: &Row| {
        let id: &str = column(row, 2)?;
        let id = id.parse::<Uuid>().map_err(|error| StoreError::Internal(error.into()))?;
        let (tenant, subject) = (column(row, 0)?, column(row, 1)?);
        Ok(SubjectKey { tenant, subject, id, key: column(row, 3)? })
    };
    found.iter().map(key).collect()
}

/// The place of the first event that has come beyond the boundary.
pub(super) async fn crossing(
    client: &ClientWrapper,
    tenant: &str,
    boundary: &Boundary,
) -> Result<Option<Position>, StoreError> {
    let mut statement = Statement::<Postgres>::new();
    let sql = statement.first(tenant, &boundary.query, boundary.after);
    let found = asked(client, &sql, statement).await?;
    let first: Option<i64> = found.first().map(|row| column(row, 0)).transpose()?.flatten();
    Ok(first.map(|position| Position::new(position.cast_unsigned())))
}

pub(super) async fn head(client: &ClientWrapper) -> Result<Position, StoreError> {
    let found = rows(client, "SELECT position FROM bloom_head", &[]).await?;
    let position = found.first().map(|row| unsigned(row, 0)).transpose()?;
    Ok(Position::new(position.unwrap_or_default()))
}

/// Takes the head of the log, for which all others who append wait, until the end of the transaction.
pub(super) async fn hold_head(client: &ClientWrapper) -> Result<(), StoreError> {
    rows(client, "SELECT position FROM bloom_head FOR UPDATE", &[]).await.map(drop)
}

fn event(row: &Row) -> Result<RecordedEvent, StoreError> {
    let (tenant, aggregate, id) = (column(row, 8)?, column(row, 9)?, column(row, 10)?);
    event_of(row, StreamId { tenant, aggregate, id })
}

fn event_of(row: &Row, stream: StreamId) -> Result<RecordedEvent, StoreError> {
    let position = unsigned(row, 0)?;
    let corrupt = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Corrupt {
        place: format!("the metadata of event {position}"),
        source,
    };
    let at = Timestamp::from_micros(column(row, 6)?);
    let at = at.ok_or_else(|| corrupt("its time is none".into()))?;
    let metadata = Metadata::new(column(row, 5)?, at);
    let metadata = metadata.with_remarks(column(row, 7)?).map_err(|error| corrupt(error.into()))?;
    let revision: i32 = column(row, 3)?;
    Ok(RecordedEvent {
        position: Position::new(position),
        stream,
        version: Version::new(unsigned(row, 1)?),
        name: column(row, 2)?,
        revision: revision.cast_unsigned(),
        body: column(row, 4)?,
        metadata,
        concealed: None,
    })
}
