//! What is personal is encrypted, and forgotten with its key.
//!
//! The names have a space and a full stop, which no text in base64 has: what is encrypted cannot look like one of them by chance.

use std::sync::Arc;

use super::{
    How,
    patient::{PATIENTS, Patient, PatientId},
};
use crate::{
    application::{
        Append, Documents, Events, ProposedEvent, Registration, Snapshots, StorageStore, in_context,
    },
    domain::{Aggregate, Metadata, Spec, Timestamp, Uuid, Version},
    ports::{
        Batch, Context, EventLog, Expected, Lifecycle, NewEvent, PageRequest, Position, Repository,
        Storage, Store, StoreError, StreamAppend, StreamId, UnitOfWork,
    },
};

fn id(number: u128) -> PatientId {
    Uuid::from_u128(number).into()
}

fn registration(how: How) -> Registration<Patient> {
    match how {
        How::Documents => Documents::in_table(PATIENTS),
        How::Events => Events::folded(),
        How::Snapshots => Events::folded().snapshots(Snapshots::every(1)),
    }
}

fn store<S: Storage>(storage: S, how: How) -> StorageStore<S> {
    StorageStore::shared(Arc::new(storage)).aggregate(registration(how).soft_delete())
}

async fn save<S: Storage>(store: &StorageStore<S>, patient: Patient) -> Result<(), StoreError> {
    let mut uow = store.begin().await?;
    uow.repository().save(patient)?;
    uow.commit().await.map(drop)
}

async fn load<S: Storage>(store: &StorageStore<S>, number: u128) -> Patient {
    store.begin().await.unwrap().repository::<Patient>().get(&id(number)).await.unwrap()
}

async fn named<S: Storage>(store: &StorageStore<S>, name: &str) -> Vec<PatientId> {
    let spec = Patient::fields().name.eq(name.to_owned());
    let mut uow = store.begin().await.unwrap();
    let page = uow.repository::<Patient>().find(&spec, PageRequest::first(9)).await.unwrap();
    page.items.iter().map(|patient| *patient.id()).collect()
}

/// Everything of the log, and of what is stored of it.
async fn stored<S: Storage>(store: &StorageStore<S>) -> (String, String) {
    let events = store.storage().read(Position::START, 100).await.unwrap();
    let kept = events.iter().map(|event| event.concealed.as_ref().unwrap_or(&event.body).as_str());
    let read = events.iter().map(|event| event.body.as_str());
    (kept.collect(), read.collect())
}

/// Values are encrypted where they are stored and plain where they are read, until the person is forgotten. Then they are nowhere.
pub async fn what_is_personal_is_forgotten<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    save(&store, Patient::admit(id(1), "north", "Ada B.")).await.unwrap();
    save(&store, Patient::admit(id(2), "south", "Bob B.")).await.unwrap();
    let mut first = load(&store, 1).await;
    assert_eq!(first.name().known().map(String::as_str), Some("Ada B."));
    first.visit("visitor", "Eve B.");
    first.transfer("west");
    save(&store, first).await.unwrap();
    let before = load(&store, 1).await;
    assert_eq!(before.visitors()[0].known().map(String::as_str), Some("Eve B."));
    assert_eq!(named(&store, "Ada B.").await, [id(1)]);
    let (kept, read) = stored(&store).await;
    for (name, ward) in
        [("Ada B.", "north"), ("Bob B.", "south"), ("Eve B.", "west"), ("Dr. Grey", "west")]
    {
        assert!(!kept.contains(name), "{name} is stored as it is: {kept}");
        assert!(read.contains(name) && kept.contains(ward));
    }

    let reading = (0..32).map(|turn| {
        let store = store.clone();
        tokio::spawn(async move { load(&store, turn % 2 + 1).await })
    });
    for reader in reading.collect::<Vec<_>>() {
        let patient = reader.await.unwrap();
        let name = patient.name().known().cloned().unwrap();
        assert_eq!(name, if *patient.id() == id(1) { "Ada B." } else { "Bob B." });
    }

    let id_1 = id(1).to_string();
    assert_eq!(store.forget(&id_1).await.unwrap().aggregates, 1);
    let after = load(&store, 1).await;
    assert!(after.name().is_forgotten(), "the key is still there");
    assert!(after.doctor().is_none_or(|doctor| doctor.is_forgotten()));
    assert_eq!((after.ward(), after.version()), ("west", Version::new(4)));
    assert_eq!(
        after.visitors()[0].known().map(String::as_str),
        Some("Eve B."),
        "it is about another"
    );
    assert_eq!(load(&store, 2).await.name().known().map(String::as_str), Some("Bob B."));
    assert!(named(&store, "Ada B.").await.is_empty(), "somebody still finds it");
    let (_, read) = stored(&store).await;
    assert!(!read.contains("Ada B.") && read.contains("Bob B.") && read.contains("Eve B."));

    // The past has it no more, nobody can bring it back from an older state, and the name is free.
    let mut uow = store.begin().await.unwrap();
    let history = uow.repository::<Patient>().history(&id(1)).await.unwrap();
    assert_eq!(history.len(), 4);
    assert_eq!(history[3].name, Lifecycle::Forgotten.name());
    for step in &history {
        let state = step.state.as_ref().unwrap();
        assert!(state.name().is_forgotten(), "version {}", step.version);
    }
    let mut stale = before;
    stale.transfer("east");
    let refused = save(&store, stale).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    save(&store, Patient::admit(id(3), "north", "Ada B.")).await.unwrap();

    // Once more does nothing more; another person's data is forgotten by itself.
    let head = store.storage().head().await.unwrap();
    store.forget(&id_1).await.unwrap();
    assert_eq!(store.forget("nobody").await.unwrap().aggregates, 0);
    assert_eq!(store.storage().head().await.unwrap(), head);
    store.forget("visitor").await.unwrap();
    assert!(load(&store, 1).await.visitors()[0].is_forgotten());

    // What is said anew of somebody who was forgotten is known again, and only that.
    let mut again = load(&store, 1).await;
    again.visit("visitor", "Eva B.");
    save(&store, again).await.unwrap();
    let visitors = load(&store, 1).await;
    assert!(visitors.visitors()[0].is_forgotten());
    assert_eq!(visitors.visitors()[1].known().map(String::as_str), Some("Eva B."));
}

/// The snapshot of a patient, once there is one; `None` where none is taken.
async fn snapshot<S: Storage>(store: &StorageStore<S>, how: How, number: u128) -> Option<String> {
    if how != How::Snapshots {
        return None;
    }
    let id = id(number).to_string();
    let stream = StreamId { tenant: String::new(), aggregate: Patient::NAME.to_owned(), id };
    for _ in 0..1_000 {
        if let Some(snapshot) = store.storage().snapshot(&stream).await.unwrap() {
            return Some(snapshot.body);
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("no snapshot was taken");
}

/// One who was removed and is kept is forgotten, too, and stays removed.
pub async fn whoever_was_removed_is_forgotten<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    save(&store, Patient::admit(id(1), "north", "Ada B.")).await.unwrap();
    let patient = load(&store, 1).await;
    assert!(snapshot(&store, how, 1).await.is_none_or(|body| body.contains("Ada B.")));
    let mut uow = store.begin().await.unwrap();
    uow.repository().remove(patient).unwrap();
    uow.commit().await.unwrap();
    store.forget(&id(1).to_string()).await.unwrap();
    let id_1 = id(1).to_string();
    let stream = StreamId { tenant: String::new(), aggregate: Patient::NAME.to_owned(), id: id_1 };
    let left = store.storage().snapshot(&stream).await.unwrap();
    assert!(left.is_none_or(|left| !left.body.contains("Ada B.")), "a snapshot still tells of it");
    let mut uow = store.begin().await.unwrap();
    assert!(uow.repository::<Patient>().find_by_id(&id(1)).await.unwrap().is_none());
    let all = PageRequest::first(9);
    let removed = uow.repository::<Patient>().find_removed(&Spec::all(), all).await.unwrap();
    assert_eq!(removed.items.len(), 1);
    assert!(removed.items[0].name().is_forgotten());

    // Brought back, it does not know either.
    let mut uow = store.begin().await.unwrap();
    uow.repository::<Patient>().restore(&id(1)).await.unwrap();
    uow.commit().await.unwrap();
    assert!(load(&store, 1).await.name().is_forgotten(), "it came back with the aggregate");
}

/// Whoever writes about somebody who is forgotten meanwhile stores nothing.
pub async fn nothing_is_written_with_a_forgotten_key<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    save(&store, Patient::admit(id(1), "north", "Ada B.")).await.unwrap();
    let storage = store.storage();
    let mut metadata = Metadata::new(Uuid::from_u128(7), Timestamp::UNIX_EPOCH);
    metadata.subject = Some("eve".to_owned());
    let event = NewEvent {
        name: "conformance.visited".into(),
        revision: 1,
        body: r#"{"called":"Eve B.","visitor":"eve"}"#.to_owned(),
        metadata,
        personal: &["called"],
    };
    let id_1 = id(1).to_string();
    let stream = StreamId { tenant: String::new(), aggregate: Patient::NAME.to_owned(), id: id_1 };
    let append = StreamAppend {
        stream,
        expected: Version::new(1),
        events: vec![event],
        document: None,
        keys: Vec::new(),
    };
    let batch = Batch { appends: vec![append], ..Batch::default() };
    let concealed = storage.conceal(batch.clone()).await.unwrap();
    assert!(storage.forget_key("", "eve").await.unwrap(), "there was a key");
    assert!(!storage.forget_key("", "eve").await.unwrap(), "it is still there");
    let refused = storage.commit(concealed, Arc::new([])).await;
    assert!(matches!(refused, Err(StoreError::KeyForgotten { .. })), "{refused:?}");
    assert_eq!(storage.head().await.unwrap(), Position::new(1), "it was written all the same");
    // Run again, it is written with a key of its own.
    let concealed = storage.conceal(batch).await.unwrap();
    storage.commit(concealed, Arc::new([])).await.unwrap();
    let events = storage.read(Position::new(1), 1).await.unwrap();
    assert!(events[0].body.contains("Eve B."));
    assert!(!events[0].concealed.as_ref().unwrap().contains("Eve B."));
}

/// What is appended without its aggregate would not be encrypted, so it is refused.
pub async fn nothing_personal_is_appended_as_it_is<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let events = store.event_store().await.unwrap();
    let admitted = ProposedEvent::new("conformance.admitted", 1, &"Ada B.").unwrap();
    let append = Append::to(Patient::NAME, "1", Expected::Any).event(admitted);
    let refused = events.append(append).await;
    assert!(matches!(refused, Err(StoreError::BadAppend { .. })), "{refused:?}");
}

/// The same id in two tenants is two people.
pub async fn each_tenant_forgets_its_own<S: Storage>(storage: S, how: How) {
    let store = store(storage, how).tenants_by_rows();
    for tenant in ["a", "b"] {
        in_context(Context::new().with_tenant(tenant), async {
            save(&store, Patient::admit(id(1), "north", "Ada B.")).await.unwrap();
        })
        .await;
    }
    let subject = id(1).to_string();
    let forgotten = in_context(Context::new().with_tenant("a"), store.forget(&subject));
    assert_eq!(forgotten.await.unwrap().aggregates, 1);
    for (tenant, is_forgotten) in [("a", true), ("b", false)] {
        let patient = in_context(Context::new().with_tenant(tenant), load(&store, 1)).await;
        assert_eq!(patient.name().is_forgotten(), is_forgotten, "{tenant}");
    }
}

/// Sixteen who write about somebody of whom nothing was known yet agree on the key.
pub async fn a_key_is_made_once<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let writing: Vec<_> = (1..=16)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut patient = Patient::admit(id(number), "north", &format!("name {number}"));
                patient.visit("visitor", "Eve B.");
                save(&store, patient).await.unwrap();
            })
        })
        .collect();
    for writer in writing {
        writer.await.unwrap();
    }
    for number in 1..=16 {
        let patient = load(&store, number).await;
        assert_eq!(patient.visitors()[0].known().map(String::as_str), Some("Eve B."));
        let stream = StreamId {
            tenant: String::new(),
            aggregate: Patient::NAME.to_owned(),
            id: id(number).to_string(),
        };
        let events = store.storage().read_stream(&stream, Version::NEW).await.unwrap();
        assert_eq!(events[1].metadata.subject.as_deref(), Some("visitor"));
    }
    assert_eq!(store.forget("visitor").await.unwrap().aggregates, 16);
}

/// Runs the checks of a storage that encrypts what is personal, beside those of [`storage_conformance!`](crate::storage_conformance). It has a
/// cipher, and the table `conformance_patients`.
#[macro_export]
macro_rules! privacy_conformance {
    (if some $make:expr) => {
        $crate::storage_conformance!(@tests $make;
            what_is_personal_is_forgotten,
            whoever_was_removed_is_forgotten,
            each_tenant_forgets_its_own,
            a_key_is_made_once,
            nothing_is_written_with_a_forgotten_key,
            nothing_personal_is_appended_as_it_is,
        );
    };
    ($make:expr) => {
        $crate::privacy_conformance!(if some async { ::core::option::Option::Some($make.await) });
    };
}
