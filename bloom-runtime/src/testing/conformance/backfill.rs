//! Documents for what was loaded from events before.

use std::sync::Arc;

use super::{
    How,
    account::{Account, id},
    commits::load,
    registration,
};
use crate::{
    application::{Events, StorageStore},
    domain::{Aggregate, Spec, Version},
    ports::{EventLog, PageRequest, Repository, Storage, Store, StreamId, UnitOfWork},
    testing::assert_same_state,
};

async fn deposit<S: Storage>(store: &StorageStore<S>, number: u128) {
    let mut uow = store.begin().await.unwrap();
    let mut account: Account = uow.repository().get(&id(number)).await.unwrap();
    account.deposit(5);
    uow.repository().save(account).unwrap();
    uow.commit().await.unwrap();
}

/// Whoever chooses documents for what was loaded from events is told that they are missing, or old, and can have them built; what was
/// removed stays so, nothing happens to the aggregates, and what is newer is left alone.
pub async fn documents_are_built_from_events<S: Storage>(storage: S, how: How) {
    if how != How::Documents {
        return;
    }
    let events = StorageStore::new(storage).aggregate::<Account>(Events::folded());
    let storage = events.storage();
    let documents = StorageStore::shared(Arc::clone(storage)).aggregate(registration(how));
    for number in 1..=4 {
        let mut uow = events.begin().await.unwrap();
        uow.repository().add(Account::open(id(number), &format!("owner {number}"))).unwrap();
        uow.commit().await.unwrap();
        deposit(&events, number).await;
    }
    let mut uow = events.begin().await.unwrap();
    let removed: Account = uow.repository().get(&id(4)).await.unwrap();
    uow.repository().remove(removed).unwrap();
    uow.commit().await.unwrap();

    let missing = documents.missing_document().await.unwrap().expect("none is there");
    assert_eq!(missing.stream.aggregate, Account::NAME);
    assert_eq!(events.missing_document().await.unwrap(), None, "nobody asked for documents");
    let head = storage.head().await.unwrap();
    assert_eq!(documents.build_documents(|_| {}).await.unwrap(), 4);
    assert_eq!(storage.head().await.unwrap(), head);
    assert_eq!(documents.missing_document().await.unwrap(), None);
    for number in 1..=3 {
        assert_same_state(&load(&documents, number).await, &load(&events, number).await);
    }
    let page = PageRequest::first(10);
    let mut uow = documents.begin().await.unwrap();
    let found = uow.repository::<Account>().find(&Spec::all(), page).await.unwrap();
    assert_eq!(found.items.len(), 3, "what was removed stays so");

    // For a while nobody wrote them.
    deposit(&events, 2).await;
    assert_eq!(load(&documents, 2).await.balance(), 5);
    let old = documents.missing_document().await.unwrap().expect("one is old");
    let stream = StreamId { id: id(2).to_string(), ..old.stream.clone() };
    assert_eq!(old.stream, stream);
    documents.build_documents(|_| {}).await.unwrap();
    assert_eq!(documents.missing_document().await.unwrap(), None);
    assert_same_state(&load(&documents, 2).await, &load(&events, 2).await);

    // And for a while somebody was removed.
    let mut uow = events.begin().await.unwrap();
    let removed: Account = uow.repository().get(&id(3)).await.unwrap();
    uow.repository().remove(removed).unwrap();
    uow.commit().await.unwrap();
    assert_eq!(load(&documents, 3).await.balance(), 5);
    assert!(documents.missing_document().await.unwrap().is_some(), "one should not be there");
    documents.build_documents(|_| {}).await.unwrap();
    assert_eq!(documents.missing_document().await.unwrap(), None);
    let mut uow = documents.begin().await.unwrap();
    assert!(uow.repository::<Account>().find_by_id(&id(3)).await.unwrap().is_none());

    // They go on as if they had always been there.
    deposit(&documents, 2).await;
    let newest = load(&documents, 2).await;
    assert_eq!((newest.balance(), newest.version()), (15, Version::new(4)));
    documents.build_documents(|_| {}).await.unwrap();
    assert_same_state(&load(&documents, 2).await, &newest);
}
