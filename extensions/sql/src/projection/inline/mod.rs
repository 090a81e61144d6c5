//! Read models that are written with the events, in the transaction that appends them.
//!
//! The head of the log lists them. Whoever appends reads that list, writes what it names, and says so when it takes the head; if the list is
//! another one by then, nothing is stored and all of it is done again.

mod swap;

use std::{collections::BTreeSet, sync::Arc};

use bloom_runtime::{
    application::Shapes,
    domain::Version,
    ports::{Batch, Expected, NewEvent, Position, RecordedEvent, StoreError, StreamId},
};

pub(super) use self::swap::{Doors, swap};
use super::{
    beginning::begin,
    head,
    set::{Followed, Projections},
    view::Tables,
    writing::{steps, write},
};
use crate::{parameters, roster::Roster, transaction::Transaction, value::SqlValue, work::SqlWork};

/// Those of some projections that are written with the events, and the role in which they are.
#[derive(Clone)]
pub(crate) struct Inline {
    projections: Arc<[Arc<Followed>]>,
    role: Option<Arc<str>>,
}

/// New events of a stream.
struct Coming {
    /// Each with its version, or with how many have come of it where nobody knows what the stream is at.
    events: Vec<RecordedEvent>,
    knows_versions: bool,
}

impl Inline {
    pub(crate) fn of(projections: &Projections, role: Option<Arc<str>>) -> Self {
        let inline = projections.all().iter().filter(|projection| projection.inline);
        Self { projections: inline.cloned().collect(), role }
    }

    /// Whether it is one of them.
    pub(crate) fn writes(&self, projection: &str) -> bool {
        self.projections.iter().any(|known| known.name == projection)
    }

    /// The work of a commit, and behind it what follows from its events.
    pub(crate) fn accompany(&self, batch: &Batch, work: Arc<[SqlWork]>) -> Arc<[SqlWork]> {
        let appended = batch.appends.iter().map(|append| &append.stream.aggregate);
        let added = batch.additions.iter().map(|addition| &addition.stream.aggregate);
        let aggregates: BTreeSet<String> = appended.chain(added).cloned().collect();
        let concerned = |projection: &&Arc<Followed>| {
            aggregates.iter().any(|aggregate| projection.follows(aggregate))
        };
        let projections: Arc<[_]> = self.projections.iter().filter(concerned).cloned().collect();
        if projections.is_empty() {
            return work;
        }
        let names = projections.iter().map(|projection| projection.name).collect();
        let coming: Arc<[Coming]> = coming(batch).into();
        let role = self.role.clone();
        let inline = SqlWork::inline(names, move |transaction| {
            let (projections, coming) = (Arc::clone(&projections), Arc::clone(&coming));
            let (aggregates, role) = (aggregates.clone(), role.clone());
            Box::pin(async move {
                let roster = due(transaction, &projections, &aggregates).await?;
                transaction.take_role(role.as_deref()).await?;
                for projection in &*projections {
                    project(transaction, projection, &coming, &roster).await?;
                }
                transaction.leave_role(role.as_deref()).await
            })
        });
        if work.is_empty() {
            return [inline].into();
        }
        [SqlWork::together(work), inline].into()
    }
}

/// What is to be written with the events as things are, if these can write it; what is not listed follows the log until it is rebuilt. Begins
/// those that are new.
async fn due(
    transaction: &mut Transaction<'_>,
    projections: &[Arc<Followed>],
    aggregates: &BTreeSet<String>,
) -> Result<Roster, StoreError> {
    let mut roster = head::declare(transaction).await?;
    for projection in projections {
        if roster.generation(projection.name).is_none()
            && begin(transaction, projection, true).await?
        {
            roster = head::declare(transaction).await?;
        }
    }
    let is_known = |aggregate: &str, name: &str| {
        projections.iter().any(|known| known.name == name && known.follows(aggregate))
    };
    roster.check(aggregates.iter().map(String::as_str), is_known)?;
    Ok(roster)
}

/// Writes what follows from the events for which a projection is listed.
async fn project(
    transaction: &mut Transaction<'_>,
    projection: &Followed,
    coming: &[Coming],
    roster: &Roster,
) -> Result<(), StoreError> {
    let tables = Tables::live(projection.tables);
    for Coming { events, knows_versions } in coming {
        let Some(stream) = events.first().map(|event| &event.stream) else { continue };
        if !roster.lists(projection.name, &stream.aggregate) {
            continue;
        }
        let before = if *knows_versions { 0 } else { before(transaction, stream, events).await? };
        for event in events {
            let version = event.version.after(usize::try_from(before).unwrap_or_default());
            let event = RecordedEvent { version, ..event.clone() };
            let what = format!("`{}` of {stream} (version {version})", event.name);
            let written = async {
                let steps = steps(projection, &Shapes::default(), vec![event]).await?;
                write(transaction, &tables, &steps).await
            };
            written.await.map_err(|error| cannot_take(projection.name, &what, error))?;
        }
    }
    Ok(())
}

/// What the stream was at before these, which the transaction has counted already.
async fn before(
    transaction: &mut Transaction<'_>,
    stream: &StreamId,
    events: &[RecordedEvent],
) -> Result<u64, StoreError> {
    const SQL: &str =
        "SELECT version FROM bloom_streams WHERE tenant = $1 AND aggregate = $2 AND id = $3";
    let StreamId { tenant, aggregate, id } = stream;
    let place = parameters![tenant.as_str(), aggregate.as_str(), id.as_str()];
    let rows = transaction.query(SQL, &place).await?;
    match rows.first().map(Vec::as_slice) {
        Some([SqlValue::Integer(version)]) => {
            Ok(version.cast_unsigned().saturating_sub(events.len() as u64))
        }
        _ => Err(StoreError::Internal(format!("{stream} has no version").into())),
    }
}

/// What the database can do nothing about is said with the event; what may pass is what it is.
fn cannot_take(projection: &str, what: &str, error: StoreError) -> StoreError {
    let said = match &error {
        StoreError::Internal(error) => error.to_string(),
        StoreError::Corrupt { source, .. } => format!("{error}: {source}"),
        _ => return error,
    };
    let failed =
        format!("`{projection}`, which is written with the events, cannot take {what}: {said}");
    StoreError::Internal(failed.into())
}

fn coming(batch: &Batch) -> Vec<Coming> {
    let appended = batch.appends.iter().map(|append| Coming {
        events: recorded(&append.stream, append.expected, &append.events),
        knows_versions: true,
    });
    let added = batch.additions.iter().map(|addition| Coming {
        events: recorded(
            &addition.stream,
            addition.expected.version().unwrap_or(Version::NEW),
            &addition.events,
        ),
        knows_versions: addition.expected != Expected::Any,
    });
    appended.chain(added).collect()
}

fn recorded(stream: &StreamId, expected: Version, events: &[NewEvent]) -> Vec<RecordedEvent> {
    let recorded = events.iter().enumerate().map(|(index, event)| RecordedEvent {
        position: Position::START,
        stream: stream.clone(),
        version: expected.after(index + 1),
        name: event.name.clone().into_owned(),
        revision: event.revision,
        body: event.body.clone(),
        concealed: None,
        metadata: event.metadata.clone(),
    });
    recorded.collect()
}
