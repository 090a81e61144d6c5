//! Snapshots follow from the events, and are used only where they fit.

use std::{sync::Arc, time::Duration};

use super::{
    How,
    account::{Account, id},
    commits::load,
};
use crate::{
    application::{Events, Snapshots, StorageStore},
    domain::{Aggregate, Timestamp, Version},
    ports::{Repository, Storage, Store, StoredSnapshot, StreamId, UnitOfWork},
};

/// What was kept is read instead of the events before it, unless it has another shape or cannot be read; and an older one does not
/// take the place of a newer one. A storage that keeps none passes.
pub async fn snapshots_are_used_where_they_fit<S: Storage>(storage: S, how: How) {
    if how != How::Snapshots {
        return;
    }
    let every = Events::folded().snapshots(Snapshots::every(10));
    let store = StorageStore::new(storage).aggregate::<Account>(every);
    let mut account = Account::open(id(1), "ada");
    for _ in 0..20 {
        account.deposit(1);
    }
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(account).unwrap();
    uow.commit().await.unwrap();

    let (tenant, aggregate) = (String::new(), Account::NAME.to_owned());
    let stream = StreamId { tenant, aggregate, id: id(1).to_string() };
    let storage = store.storage();
    assert_eq!(storage.snapshot(&stream).await.unwrap(), None, "it was not loaded yet");
    assert_eq!(load(&store, 1).await.balance(), 20);
    // It is taken beside whoever loads.
    let mut taken = None;
    for _ in 0..200 {
        taken = storage.snapshot(&stream).await.unwrap();
        if taken.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let Some(taken) = taken else { return };
    assert_eq!(taken.version, Version::new(21));
    let body: serde_json::Value = serde_json::from_str(&taken.body).unwrap();
    assert_eq!(body["balance"], 20);

    // From here on by a program that takes none, so that nothing is written beside the test.
    let never = Events::folded().snapshots(Snapshots::when(|_| false));
    let store = StorageStore::shared(Arc::clone(storage)).aggregate::<Account>(never);
    let other = StreamId { id: id(2).to_string(), ..stream.clone() };
    assert_eq!(storage.snapshot(&other).await.unwrap(), None, "it is another's");
    // One that says otherwise shows that the events before it are not read, and those behind it are.
    let lie = |version, shape: &str, balance| StoredSnapshot {
        version: Version::new(version),
        shape: shape.to_owned(),
        body: taken.body.replace("\"balance\":20", &format!("\"balance\":{balance}")),
        at: Timestamp::UNIX_EPOCH,
    };
    storage.save_snapshot(&stream, lie(20, &taken.shape, 500)).await.unwrap();
    assert_eq!(load(&store, 1).await.balance(), 20, "an older one changes nothing");
    storage.save_snapshot(&stream, lie(20, "another shape", 500)).await.unwrap();
    assert_eq!(load(&store, 1).await.balance(), 20, "another shape is not used");
    storage.save_snapshot(&stream, lie(15, &taken.shape, 500)).await.unwrap();
    let mut loaded = load(&store, 1).await;
    assert_eq!((loaded.balance(), loaded.version()), (506, Version::new(21)));
    loaded.deposit(1);
    let mut uow = store.begin().await.unwrap();
    uow.repository().save(loaded).unwrap();
    uow.commit().await.unwrap();
    assert_eq!(load(&store, 1).await.version(), Version::new(22));
    // What the past was is told by the events.
    let mut uow = store.begin().await.unwrap();
    let past: Option<Account> = uow.repository().get_at(&id(1), Version::new(20)).await.unwrap();
    assert_eq!(past.expect("it was there").balance(), 19);
    // A program in which events mean something else does not use it.
    let later = Events::folded().snapshots(Snapshots::when(|_| false).edition(2));
    let later = StorageStore::shared(Arc::clone(storage)).aggregate::<Account>(later);
    assert_eq!(load(&later, 1).await.balance(), 21);

    // One that cannot be read is no reason not to read the events.
    let broken = StoredSnapshot { body: "{".to_owned(), ..lie(22, &taken.shape, 0) };
    storage.save_snapshot(&stream, lie(1, "another shape", 0)).await.unwrap();
    storage.save_snapshot(&stream, broken).await.unwrap();
    assert_eq!(load(&store, 1).await.balance(), 21);
}
