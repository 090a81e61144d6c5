//! Forgetting a person.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

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
    domain::{Aggregate, Tag, Version},
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
    fn committed(&self, stream: &StreamId, context: &Context, version: Version);
}

/// What is kept beside the events of an aggregate.
#[derive(Default)]
pub(in crate::application) struct After {
    document: Option<DocumentWrite>,
    keys: Vec<KeyClaim>,
    /// The shape and the state of a snapshot.
    snapshot: Option<(String, String)>,
}

impl<A: Aggregate> Forgetting for Registration<A> {
    fn after(&self, events: &[RecordedEvent]) -> Result<After, StoreError> {
        let past = Past::<A>::fold(events)?;
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
        Ok(After { document, keys, snapshot })
    }

    fn seal(&self) -> Option<&Arc<dyn Seal>> {
        self.seal.as_ref()
    }

    fn committed(&self, stream: &StreamId, context: &Context, version: Version) {
        let took = Duration::ZERO;
        let saved = Saved { stream, context, aggregate: None, version, took };
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
    /// does the rest. It concerns the tenant of the ambient context.
    ///
    /// # Errors
    /// When the storage is out of reach, or an event cannot be read.
    pub async fn forget(&self, subject: &str) -> Result<Forgotten, StoreError> {
        let context = current_context();
        let (store, whose) = self.placed(context.tenant.as_deref()).await?;
        let context = whose.within(context);
        store.storage.forget_key(&whose.rows, subject).await?;
        let mut aggregates = 0;
        for stream in streams(&store, &whose, subject).await? {
            forget_in(&store, &whose, &context, &stream, subject).await?;
            aggregates += 1;
        }
        Ok(Forgotten { aggregates })
    }
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
) -> Result<(), StoreError> {
    loop {
        let events = store.storage.read_stream(stream, Version::NEW).await?;
        let Some(expected) = events.last().map(|event| event.version) else { return Ok(()) };
        let theirs =
            events.iter().rev().find(|event| event.metadata.subject.as_deref() == Some(subject));
        if theirs.is_some_and(|event| event.name == Lifecycle::Forgotten.name()) {
            return Ok(());
        }
        let forgetting = store.forgetting(&stream.aggregate);
        let After { document, keys, snapshot } = match &forgetting {
            Some(forgetting) => forgetting.after(&events)?,
            None => After::default(),
        };
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
        let stream = stream.clone();
        let mut append = StreamAppend { stream, expected, events: vec![event], document, keys };
        if let Some(seal) = forgetting.as_ref().and_then(|forgetting| forgetting.seal()) {
            seals::seal_append(&*store.storage, &mut append, &**seal).await?;
        }
        let (version, stream) = (append.version(), append.stream.clone());
        let batch = Batch { tenant: whose.rows.clone(), appends: vec![append], ..Batch::default() };
        match store.storage.commit(batch, Arc::new([])).await {
            Ok(_) => {}
            Err(StoreError::Conflict { .. }) => continue,
            Err(error) => return Err(error),
        }
        if let Some((shape, body)) = snapshot {
            // It takes the place of the one before, from which somebody could read.
            let snapshot = StoredSnapshot { version, shape, body, at };
            store.storage.save_snapshot(&stream, snapshot).await?;
        }
        if let Some(forgetting) = forgetting {
            let known_as = StreamId { tenant: whose.tenant.clone(), ..stream };
            forgetting.committed(&known_as, context, version);
        }
        return Ok(());
    }
}

/// By which the events of a person are found.
pub(in crate::application) fn tag(subject: &str) -> Tag {
    Tag::new("bloom.subject", subject)
}
