//! Forgetting a person.

use std::{any::Any, collections::BTreeSet, sync::Arc, time::Duration};

use crate::{
    application::{
        ambient::current_context,
        behaviour::Saved,
        composition::Composition,
        registration::{Loading, Registration},
        repository::{Past, claims, document_of, metadata},
        seals,
        store::StorageStore,
        tenancy::Whose,
    },
    domain::{Aggregate, Json, Tag, Timestamp, Version},
    ports::{
        Batch, Context, Direction, DocumentState, DocumentWrite, EventQuery, EventSelection,
        KeyClaim, Lifecycle, NewEvent, Position, RecordedEvent, Seal, Storage, StoreError,
        StoredSnapshot, StreamAppend, StreamId,
    },
};

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgotten {
    /// How many aggregates had something personal of them in their events.
    pub aggregates: u64,
}

/// What becomes of an aggregate of one kind once a person is forgotten.
pub(in crate::application) trait Forgetting: Send + Sync {
    /// What follows from its events.
    fn after(&self, events: &[RecordedEvent]) -> Result<After, StoreError>;
    /// What it is sealed with.
    fn seal(&self) -> Option<&Arc<dyn Seal>>;
    /// Tells the behaviours that it is done.
    fn committed(&self, stream: &StreamId, context: &Context, version: Version, after: &After);
}

/// What is kept beside the events of an aggregate.
#[derive(Default)]
pub(in crate::application) struct After {
    document: Option<DocumentWrite>,
    keys: Vec<KeyClaim>,
    /// The shape and the state of a snapshot.
    snapshot: Option<(String, String)>,
    /// The aggregate, where it is there.
    state: Option<Box<dyn Any + Send + Sync>>,
}

impl<A: Aggregate> Forgetting for Registration<A> {
    fn after(&self, events: &[RecordedEvent]) -> Result<After, StoreError> {
        let past = Past::<A>::fold(&self.upcasters, events)?;
        let (Some(state), is_there) = past.latest() else { return Ok(After::default()) };
        let body = document_of(state)?;
        let keys = if is_there { claims(state).0 } else { Vec::new() };
        let snapshots = self.snapshots.as_ref().filter(|_| is_there);
        let snapshot = snapshots.map(|snapshots| (snapshots.shape(&A::shape()), body.clone()));
        let document = match self.loading {
            Loading::Document { table } => {
                let state = match is_there {
                    true => DocumentState::There(body),
                    false if self.soft_delete && past.is_kept() => DocumentState::Removed(body),
                    false => DocumentState::Gone,
                };
                Some(DocumentWrite { table, shape: self.upcasters.shape(), state })
            }
            Loading::Events => None,
        };
        let state = is_there.then(|| state.clone().moved_to(state.version().after(1)));
        let state = state.map(|state| Box::new(state) as Box<dyn Any + Send + Sync>);
        Ok(After { document, keys, snapshot, state })
    }

    fn seal(&self) -> Option<&Arc<dyn Seal>> {
        self.seal.as_ref()
    }

    fn committed(&self, stream: &StreamId, context: &Context, version: Version, after: &After) {
        let aggregate = after.state.as_ref().and_then(|state| state.downcast_ref::<A>());
        let saved = Saved { stream, context, aggregate, version, took: Duration::ZERO };
        for behaviour in &self.behaviours {
            behaviour.committed(&saved);
        }
    }
}

impl<S: Storage> StorageStore<S> {
    /// Forgets a person: the key with which everything personal of them is encrypted in events, and what was made of it, in
    /// documents, snapshots and unique values. Nobody can undo it.
    ///
    /// Each aggregate that has something of them in its events gets one more event, [`Lifecycle::Forgotten`], so that read models and
    /// event handlers hear of it and whoever is about to save an older state of it is refused. Broken off, it can be done again, and
    /// does the rest; where it fails for one aggregate, it goes on with the others. It concerns the tenant of the ambient context.
    ///
    /// # Errors
    /// [`StoreError::BadAppend`] and [`StoreError::NoActor`] before anything is forgotten, when an aggregate is concerned that this
    /// program does not know, or that is audited and nobody is said to ask; the first of what went wrong with an aggregate; and when the storage is out of reach.
    pub async fn forget(&self, subject: &str) -> Result<Forgotten, StoreError> {
        let context = current_context();
        let (store, whose) = self.placed(context.tenant.as_deref()).await?;
        let context = whose.within(context);
        for stream in streams(&store, &whose, subject).await? {
            may_forget_in(&store, &context, &stream)?;
        }
        let had_key = store.storage.forget_key(&whose.rows, subject).await?;
        let (mut aggregates, mut failed) = (0, None);
        for stream in streams(&store, &whose, subject).await? {
            match forget_in(&store, &whose, &context, &stream, subject, had_key).await {
                Ok(()) => aggregates += 1,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(Forgotten { aggregates }), Err)
    }
}

/// Whether it can be done, before it cannot be undone.
fn may_forget_in<S: Storage>(
    store: &Composition<S>,
    context: &Context,
    stream: &StreamId,
) -> Result<(), StoreError> {
    let forgetting = store.forgetting(&stream.aggregate).ok_or_else(|| unknown(stream))?;
    if forgetting.seal().is_some() && context.actor.is_none() {
        let (aggregate, id) = (stream.aggregate.clone(), stream.id.clone());
        return Err(StoreError::NoActor { aggregate, id });
    }
    Ok(())
}

fn unknown(stream: &StreamId) -> StoreError {
    let reason = "its kind of aggregate is not registered here; run the program that has it";
    StoreError::BadAppend { stream: format!("`{stream}`"), reason: reason.to_owned() }
}

/// The aggregates that have something personal of them in their events.
async fn streams<S: Storage>(
    store: &Composition<S>,
    whose: &Whose,
    subject: &str,
) -> Result<BTreeSet<StreamId>, StoreError> {
    const PAGE: usize = 1_000;
    let mut selection = EventSelection {
        tenant: Some(whose.rows.clone()),
        query: EventQuery::all().tagged(tag(subject)),
        after: Position::START,
        up_to: None,
        direction: Direction::Forwards,
        limit: PAGE,
    };
    let mut streams = BTreeSet::new();
    loop {
        let events = store.storage.select(selection.clone()).await?;
        let Some(last) = events.last() else { return Ok(streams) };
        selection.after = last.position;
        streams.extend(events.into_iter().map(|event| event.stream));
    }
}

async fn forget_in<S: Storage>(
    store: &Composition<S>,
    whose: &Whose,
    context: &Context,
    stream: &StreamId,
    subject: &str,
    had_key: bool,
) -> Result<(), StoreError> {
    let forgetting = store.forgetting(&stream.aggregate).ok_or_else(|| unknown(stream))?;
    loop {
        let events = store.storage.read_stream(stream, Version::NEW).await?;
        let Some(expected) = events.last().map(|event| event.version) else { return Ok(()) };
        let after = forgetting.after(&events)?;
        let theirs = events
            .iter()
            .rev()
            .find(|event| event.metadata.subject.as_deref() == Some(subject))
            .is_some_and(|event| event.name == Lifecycle::Forgotten.name());
        // Done before, as far as one can see; a snapshot follows from the events.
        if theirs && !had_key && is_written(store, stream, &after).await? {
            let at = store.clock.now();
            return keep_snapshot(store, stream, expected, at, after.snapshot.as_ref()).await;
        }
        let mut metadata = metadata(store, context);
        metadata.subject = Some(subject.to_owned());
        let at = metadata.at;
        let event = NewEvent {
            name: Lifecycle::Forgotten.name().into(),
            revision: 1,
            body: "{}".to_owned(),
            metadata,
            personal: &[],
        };
        let mut append = StreamAppend {
            stream: stream.clone(),
            expected,
            events: vec![event],
            document: after.document.clone(),
            keys: after.keys.clone(),
        };
        if let Some(seal) = forgetting.seal() {
            seals::seal_append(&*store.storage, &mut append, &**seal).await?;
        }
        let version = append.version();
        let batch = Batch { tenant: whose.rows.clone(), appends: vec![append], ..Batch::default() };
        let work = store.storage.accompany(&batch, Arc::new([]))?;
        match store.storage.commit(batch, work).await {
            Ok(_) => {}
            Err(StoreError::Conflict { .. }) => continue,
            Err(error) => return Err(error),
        }
        let known_as = StreamId { tenant: whose.tenant.clone(), ..stream.clone() };
        forgetting.committed(&known_as, context, version, &after);
        return keep_snapshot(store, stream, version, at, after.snapshot.as_ref()).await;
    }
}

/// Whether the document is what follows from the events.
async fn is_written<S: Storage>(
    store: &Composition<S>,
    stream: &StreamId,
    after: &After,
) -> Result<bool, StoreError> {
    let Some(DocumentWrite { table, state, .. }) = &after.document else { return Ok(true) };
    let stored = store.storage.document(table, stream).await?;
    let body = match state {
        DocumentState::There(body) | DocumentState::Removed(body) => Some(body),
        DocumentState::Gone => None,
    };
    let json = |text: &str| serde_json::from_str::<Json>(text).ok();
    Ok(stored.and_then(|stored| json(&stored.body)) == body.and_then(|body| json(body)))
}

/// Puts a snapshot in the place of the one before, from which somebody could read, or takes that away.
async fn keep_snapshot<S: Storage>(
    store: &Composition<S>,
    stream: &StreamId,
    version: Version,
    at: Timestamp,
    snapshot: Option<&(String, String)>,
) -> Result<(), StoreError> {
    match snapshot.cloned() {
        Some((shape, body)) => {
            let snapshot = StoredSnapshot { version, shape, body, at };
            store.storage.save_snapshot(stream, snapshot).await
        }
        None => store.storage.drop_snapshot(stream).await,
    }
}

/// By which the events of a person are found.
pub(in crate::application) fn tag(subject: &str) -> Tag {
    Tag::new("bloom.subject", subject)
}
