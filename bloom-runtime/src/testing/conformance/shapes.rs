//! Documents of an older shape.

use super::{
    How,
    account::{Account, id},
    commits::load,
    registration,
};
use crate::{
    application::StorageStore,
    domain::{Aggregate, Json, Version},
    ports::{EventLog, PageRequest, Repository, Storage, Store, StoreError, UnitOfWork},
};

/// What is stored in an older shape is read in the new one, at once and one by one; all of it can be given the new shape, while nothing
/// happens to the aggregates; and an older program refuses what it does not know.
pub async fn older_documents_are_upcast<S: Storage>(storage: S, how: How) {
    const COUNT: u128 = 450;
    if how != How::Documents {
        return;
    }
    let old = StorageStore::new(storage).aggregate(registration(how));
    let mut uow = old.begin().await.unwrap();
    for number in 1..=COUNT {
        uow.repository().add(Account::open(id(number), &format!("owner {number}"))).unwrap();
    }
    uow.commit().await.unwrap();

    let renamed = |document: &mut Json| {
        let owner = document["owner"].as_str().unwrap_or_default().replace("owner", "member");
        document["owner"] = owner.into();
    };
    let new = StorageStore::shared(std::sync::Arc::clone(old.storage()))
        .aggregate(registration(how).upcast(renamed));
    let mut account = load(&new, 1).await;
    assert_eq!((account.owner(), account.version()), ("member 1", Version::new(1)));
    account.deposit(3);
    let mut uow = new.begin().await.unwrap();
    uow.repository().save(account).unwrap();
    uow.commit().await.unwrap();
    let newer = old.begin().await.unwrap().repository::<Account>().get(&id(1)).await;
    assert!(matches!(newer, Err(StoreError::Corrupt { .. })), "{newer:?}");

    let head = new.storage().head().await.unwrap();
    let mut told = 0;
    let count = new.upcast_documents(|progress| told = progress.done).await.unwrap();
    assert_eq!((u128::from(count), u128::from(told)), (COUNT - 1, COUNT - 1));
    assert_eq!(new.upcast_documents(|_| {}).await.unwrap(), 0, "it was done twice");
    assert_eq!(new.storage().head().await.unwrap(), head);
    let mut uow = new.begin().await.unwrap();
    let members = Account::fields().owner.starts_with("member");
    let mut all = uow.repository::<Account>().stream(members, PageRequest::first(100));
    let mut seen = 0;
    while let Some(account) = all.next().await.unwrap() {
        let is_first = *account.id() == id(1);
        assert_eq!(account.version(), Version::new(if is_first { 2 } else { 1 }));
        seen += 1;
    }
    assert_eq!(seen, COUNT);
}
