//! Read models that are written with the events, in the transaction that appends them.
//!
//! The head of the log lists them. Whoever appends reads that list, writes what it names, and says so when it takes the head; if the list is
//! another one by then, nothing is stored and all of it is done again.

use std::{collections::BTreeSet, sync::Arc};

use bloom_runtime::{
    application::Shapes,
    domain::Version,
    ports::{Batch, Expected, NewEvent, Position, RecordedEvent, StoreError, StreamId},
};

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
    rights: Rights,
}

/// What they may do on a server that knows rights.
#[derive(Clone, Default)]
pub(crate) struct Rights {
    /// The role in which they write.
    pub(crate) role: Option<Arc<str>>,
    /// Whether the server would show them the rows of one tenant only, as it does to who appends.
    pub(crate) row_security: bool,
}

impl Rights {
    async fn take(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        if self.row_security {
            transaction.see_every_tenant(true).await?;
        }
        transaction.take_role(self.role.as_deref()).await
    }

    async fn leave(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        transaction.leave_role(self.role.as_deref()).await?;
        if self.row_security {
            transaction.see_every_tenant(false).await?;
        }
        Ok(())
    }
}

/// New events of a stream.
struct Coming {
    /// Each with its version, or with how many have come of it where nobody knows what the stream is at.
    events: Vec<RecordedEvent>,
    knows_versions: bool,
}

impl Inline {
    pub(crate) fn of(projections: &Projections, rights: Rights) -> Self {
        let inline = projections.all().iter().filter(|projection| projection.inline);
        Self { projections: inline.cloned().collect(), rights }
    }

    /// Whether it is one of them.
    pub(crate) fn writes(&self, projection: &str) -> bool {
        self.projections.iter().any(|known| known.name == projection)
    }

    /// Whether it is one of them, and follows these aggregates.
    pub(crate) fn writes_of(&self, projection: &str, aggregate: &str) -> bool {
        let known = self.projections.iter().find(|known| known.name == projection);
        known.is_some_and(|known| known.follows(aggregate))
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
        let rights = self.rights.clone();
        let inline = SqlWork::inline(names, move |transaction| {
            let (projections, coming) = (Arc::clone(&projections), Arc::clone(&coming));
            let (aggregates, rights) = (aggregates.clone(), rights.clone());
            Box::pin(async move {
                follow(transaction, &projections, &aggregates, &coming, &rights).await
            })
        });
        if work.is_empty() {
            return [inline].into();
        }
        [SqlWork::together(work), inline].into()
    }
}

/// Writes those of them that are listed; what is not follows the log until it is rebuilt, unless it is new.
async fn follow(
    transaction: &mut Transaction<'_>,
    projections: &[Arc<Followed>],
    aggregates: &BTreeSet<String>,
    coming: &[Coming],
    rights: &Rights,
) -> Result<(), StoreError> {
    let names = projections.iter().map(|projection| projection.name);
    let mut roster = head::declare(transaction, names).await?;
    let is_known = |aggregate: &str, name: &str| {
        projections.iter().any(|known| known.name == name && known.follows(aggregate))
    };
    roster.check(aggregates.iter().map(String::as_str), is_known)?;
    let is_listed = |projection: &&Arc<Followed>| roster.generation(projection.name).is_some();
    let (listed, others): (Vec<_>, Vec<_>) = projections.iter().partition(is_listed);
    project(transaction, &listed, coming, &roster, rights).await?;

    // The head is taken for these, so they come last.
    let mut begun = Vec::new();
    for projection in others {
        if let Some(generation) = begin(transaction, projection, true).await? {
            roster.enrol(projection.name, generation, projection.aggregates());
            begun.push(projection);
        }
    }
    if begun.is_empty() {
        return Ok(());
    }
    head::declare_also(transaction, &roster).await?;
    project(transaction, &begun, coming, &roster, rights).await
}

/// Writes what follows from the events for which each of these projections is listed.
async fn project(
    transaction: &mut Transaction<'_>,
    projections: &[&Arc<Followed>],
    coming: &[Coming],
    roster: &Roster,
    rights: &Rights,
) -> Result<(), StoreError> {
    let mut due = Vec::new();
    for Coming { events, knows_versions } in coming {
        let Some(stream) = events.first().map(|event| &event.stream) else { continue };
        let is_due = |known: &&&Arc<Followed>| roster.lists(known.name, &stream.aggregate);
        let concerned: Vec<_> = projections.iter().filter(is_due).collect();
        if concerned.is_empty() {
            continue;
        }
        let before = if *knows_versions { 0 } else { before(transaction, stream, events).await? };
        due.push((concerned, events, before));
    }
    if due.is_empty() {
        return Ok(());
    }
    rights.take(transaction).await?;
    for (concerned, events, before) in due {
        for projection in concerned {
            for event in events {
                let version = event.version.after(before);
                let event = RecordedEvent { version, ..event.clone() };
                take(transaction, projection, event).await?;
            }
        }
    }
    rights.leave(transaction).await
}

async fn take(
    transaction: &mut Transaction<'_>,
    projection: &Followed,
    event: RecordedEvent,
) -> Result<(), StoreError> {
    let what = format!("`{}` of {} (version {})", event.name, event.stream, event.version);
    let written = async {
        let steps = steps(projection, &Shapes::default(), vec![event]).await?;
        write(transaction, &Tables::live(projection.tables), &steps).await
    };
    written.await.map_err(|error| cannot_take(projection.name, &what, error))
}

/// What the stream was at before these, which the transaction has counted already.
async fn before(
    transaction: &mut Transaction<'_>,
    stream: &StreamId,
    events: &[RecordedEvent],
) -> Result<usize, StoreError> {
    const SQL: &str =
        "SELECT version FROM bloom_streams WHERE tenant = $1 AND aggregate = $2 AND id = $3";
    let StreamId { tenant, aggregate, id } = stream;
    let place = parameters![tenant.as_str(), aggregate.as_str(), id.as_str()];
    let rows = transaction.query(SQL, &place).await?;
    match rows.first().map(Vec::as_slice) {
        Some([SqlValue::Integer(version)]) => {
            let version = usize::try_from(*version).unwrap_or_default();
            Ok(version.saturating_sub(events.len()))
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
