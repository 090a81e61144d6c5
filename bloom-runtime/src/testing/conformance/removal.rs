//! Removing aggregates, and bringing them back.

use super::{
    How,
    account::{Account, id},
    commits::{load, opened},
    kept, store,
};
use crate::{
    application::StorageStore,
    domain::{Aggregate, Spec, Version},
    ports::{EventLog, PageRequest, Position, Repository, Storage, Store, StoreError, UnitOfWork},
};

async fn remove<S: Storage>(store: &StorageStore<S>, number: u128) {
    let mut account = load(store, number).await;
    account.deposit(1);
    let mut uow = store.begin().await.unwrap();
    let receipt = uow.repository().remove(account).unwrap();
    assert_eq!(receipt.version, Version::new(3), "an event of its own, and its end");
    assert!(uow.repository::<Account>().find_by_id(&id(number)).await.unwrap().is_none());
    uow.commit().await.unwrap();
}

async fn count<S: Storage>(store: &StorageStore<S>) -> u64 {
    store.begin().await.unwrap().repository::<Account>().count(&Spec::all()).await.unwrap()
}

async fn find<S: Storage>(store: &StorageStore<S>, number: u128) -> Option<Account> {
    store.begin().await.unwrap().repository::<Account>().find_by_id(&id(number)).await.unwrap()
}

/// Nothing finds what was removed; its unique values are free, its history stays, and its id does not come again.
pub async fn what_is_removed_is_gone<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    opened(&store, 1).await;
    opened(&store, 2).await;
    let late = load(&store, 1).await;
    remove(&store, 1).await;

    assert!(find(&store, 1).await.is_none());
    assert_eq!(count(&store).await, 1);
    let mut uow = store.begin().await.unwrap();
    let all = uow.repository::<Account>().find(&Spec::all(), PageRequest::first(9)).await.unwrap();
    assert_eq!(all.items.len(), 1, "a removed aggregate was found");
    let past = uow.repository::<Account>().get_at(&id(1), Version::new(2)).await.unwrap().unwrap();
    assert_eq!((past.balance(), past.version()), (1, Version::new(2)));
    let history = uow.repository::<Account>().history(&id(1)).await.unwrap();
    assert_eq!(history.len(), 3);
    assert!(history[2].state.is_none() && history[2].name == "bloom.removed");
    assert_eq!(store.storage().head().await.unwrap(), Position::new(4));

    // Its owner may open another, and who still has the old one is too late.
    uow.repository().add(Account::open(id(3), "owner 1")).unwrap();
    uow.commit().await.unwrap();
    let mut late = late;
    late.deposit(1);
    let mut uow = store.begin().await.unwrap();
    uow.repository().save(late).unwrap();
    let conflict = uow.commit().await;
    assert!(matches!(conflict, Err(StoreError::Conflict { .. })), "{conflict:?}");
    assert!(find(&store, 1).await.is_none(), "a late save brought it back");

    let kept = store.begin().await.unwrap().repository::<Account>().restore(&id(1)).await;
    assert!(matches!(kept, Err(StoreError::NotKept { .. })), "{kept:?}");
}

/// What is kept can be found by those who ask for it, brought back as it was, and purged.
pub async fn what_is_kept_can_be_restored<S: Storage>(storage: S, how: How) {
    let store = kept(storage, how);
    for number in 1..=3 {
        opened(&store, number).await;
    }
    remove(&store, 1).await;
    remove(&store, 2).await;
    assert_eq!(count(&store).await, 1);

    let mut uow = store.begin().await.unwrap();
    let first = PageRequest::first(9);
    let removed = uow.repository::<Account>().find_removed(&Spec::all(), first).await.unwrap();
    let owners: Vec<_> = removed.items.iter().map(Account::owner).collect();
    assert_eq!(owners, ["owner 1", "owner 2"]);
    let one = uow.repository::<Account>().restore(&id(1)).await.unwrap();
    assert_eq!((one.balance(), one.version()), (1, Version::new(4)));
    uow.repository::<Account>().purge(&id(2)).await.unwrap();
    uow.commit().await.unwrap();

    assert_eq!(load(&store, 1).await.version(), Version::new(4));
    assert!(find(&store, 2).await.is_none());
    assert_eq!(count(&store).await, 2);
    let mut uow = store.begin().await.unwrap();
    let first = PageRequest::first(9);
    let removed = uow.repository::<Account>().find_removed(&Spec::all(), first).await.unwrap();
    assert!(removed.items.is_empty(), "what was restored or purged is still kept");
    for number in [1, 2, 3, 9] {
        let again = uow.repository::<Account>().restore(&id(number)).await;
        assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
    }

    // What is restored goes on as before.
    let mut account = load(&store, 1).await;
    account.deposit(1);
    let mut uow = store.begin().await.unwrap();
    uow.repository().save(account).unwrap();
    uow.commit().await.unwrap();
    let account = load(&store, 1).await;
    assert_eq!((account.balance(), account.version()), (2, Version::new(5)));
}

/// A unique value that somebody took meanwhile keeps an aggregate from coming back.
pub async fn a_taken_value_is_not_restored<S: Storage>(storage: S, how: How) {
    let store = kept(storage, how);
    opened(&store, 1).await;
    remove(&store, 1).await;
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(2), "owner 1")).unwrap();
    uow.commit().await.unwrap();
    let mut uow = store.begin().await.unwrap();
    uow.repository::<Account>().restore(&id(1)).await.unwrap();
    let taken = uow.commit().await;
    assert!(matches!(taken, Err(StoreError::Taken(_))), "{taken:?}");
    assert!(find(&store, 1).await.is_none());
}

/// An aggregate as it was at a moment, and all that happened to it.
pub async fn the_past_can_be_read<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    opened(&store, 1).await;
    for _ in 0..2 {
        let mut account = load(&store, 1).await;
        account.deposit(5);
        let mut uow = store.begin().await.unwrap();
        uow.repository().save(account).unwrap();
        uow.commit().await.unwrap();
    }
    let mut uow = store.begin().await.unwrap();
    let history = uow.repository::<Account>().history(&id(1)).await.unwrap();
    let balances = history.iter().map(|revision| revision.state.as_ref().map(Account::balance));
    assert_eq!(balances.collect::<Vec<_>>(), [Some(0), Some(5), Some(10)]);
    let [(field, before, after)] = &history[2].changes[..] else { panic!("{history:?}") };
    assert_eq!((field.as_str(), before.as_u64(), after.as_u64()), ("balance", Some(5), Some(10)));
    for (revision, balance) in history.iter().zip([0, 5, 10]) {
        let at = revision.metadata.at;
        let then = uow.repository::<Account>().get_as_of(&id(1), at).await.unwrap().unwrap();
        assert_eq!((then.balance(), then.version()), (balance, revision.version));
    }
    let begun = history[0].metadata.at.as_micros() - 1;
    let before = crate::domain::Timestamp::from_micros(begun).unwrap();
    assert!(uow.repository::<Account>().get_as_of(&id(1), before).await.unwrap().is_none());
    assert!(uow.repository::<Account>().history(&id(9)).await.unwrap().is_empty());
}

/// Large results come in pieces, each item once, in the order asked for.
pub async fn large_results_are_streamed<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let mut uow = store.begin().await.unwrap();
    for number in 1..=25 {
        let mut account = Account::open(id(number), &format!("owner {number}"));
        account.deposit(u64::try_from(number % 4).unwrap_or_default() + 1);
        uow.repository().add(account).unwrap();
    }
    uow.commit().await.unwrap();
    let a = Account::fields();
    for request in [
        PageRequest::first(4),
        PageRequest::first(4).sort(a.balance.desc()),
        PageRequest::first(4).skip(3),
    ] {
        let mut uow = store.begin().await.unwrap();
        let skipped = request.offset();
        let is_sorted = !request.sort_keys().is_empty();
        let mut rows = uow.repository::<Account>().stream(a.balance.gt(1), request);
        let (mut seen, mut balances) = (std::collections::BTreeSet::new(), Vec::new());
        while let Some(account) = rows.next().await.unwrap() {
            assert!(seen.insert(account.owner().to_owned()), "{} came twice", account.owner());
            balances.push(account.balance());
        }
        assert_eq!(seen.len(), 19 - skipped);
        assert!(!is_sorted || balances.is_sorted_by(|left, right| left >= right));
        assert!(rows.next().await.unwrap().is_none());
    }
}
