//! Units of work that hold what they read.

use std::time::Duration;

use super::{
    How,
    account::{Account, id},
    commits::{deposit, load, opened},
    store,
};
use crate::{
    domain::Version,
    ports::{InteractiveStorage, Repository, Store, StoreError, UnitOfWork},
};

/// Somebody else's save waits for the one who holds the aggregate, and then finds it changed.
pub async fn what_is_held_is_changed_by_nobody_else<S: InteractiveStorage>(storage: S, how: How) {
    let store = store(storage, how);
    let mut other = opened(&store, 1).await;
    let mut held = store.begin_interactive().await.unwrap();
    let mut account = held.repository::<Account>().get(&id(1)).await.unwrap();

    other.deposit(100);
    let mut uow = store.begin().await.unwrap();
    uow.repository().save(other).unwrap();
    let mut saving = tokio::spawn(uow.commit());
    let early = tokio::time::timeout(Duration::from_millis(200), &mut saving).await;
    assert!(early.is_err(), "what was held was changed: {early:?}");
    assert_eq!(load(&store, 1).await.balance(), 0, "readers do not wait");

    account.deposit(1);
    held.repository().save(account).unwrap();
    held.commit().await.unwrap();
    match saving.await.unwrap() {
        Err(StoreError::Conflict { expected, actual, .. }) => {
            assert_eq!((expected, actual), (Version::new(1), Version::new(2)));
        }
        result => panic!("a lost update: {result:?}"),
    }
    assert_eq!(load(&store, 1).await.balance(), 1);
}

/// Read, decide, write: eight at once, and nobody has to do it twice.
pub async fn interactive_units_of_work_never_conflict<S: InteractiveStorage>(storage: S, how: How) {
    let store = store(storage, how);
    opened(&store, 1).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut uow = store.begin_interactive().await?;
                let mut account = uow.repository::<Account>().get(&id(1)).await?;
                account.deposit(1);
                tokio::time::sleep(Duration::from_millis(5)).await;
                uow.repository().save(account)?;
                uow.commit().await
            })
        })
        .collect();
    let mut positions = Vec::new();
    for task in tasks {
        positions.push(task.await.unwrap().unwrap().position.unwrap().get());
    }
    positions.sort_unstable();
    assert_eq!(positions, (2..=9).collect::<Vec<u64>>());
    assert_eq!(load(&store, 1).await.balance(), 8);
}

/// One that is given up stores nothing and keeps nobody waiting; one that fails, neither.
pub async fn what_was_held_and_dropped_leaves_nothing<S: InteractiveStorage>(storage: S, how: How) {
    let store = store(storage, how);
    opened(&store, 1).await;
    let mut held = store.begin_interactive().await.unwrap();
    let mut account = held.repository::<Account>().get(&id(1)).await.unwrap();
    account.deposit(7);
    held.repository().save(account.clone()).unwrap();
    drop(held);
    assert_eq!(load(&store, 1).await.balance(), 0);
    deposit(&store).await.unwrap();

    let mut held = store.begin_interactive().await.unwrap();
    held.repository().add(Account::open(id(2), "bob")).unwrap();
    held.repository().save(account).unwrap();
    let stale = held.commit().await;
    assert!(matches!(stale, Err(StoreError::Conflict { .. })), "{stale:?}");
    deposit(&store).await.unwrap();
    let bob = store.begin().await.unwrap().repository::<Account>().find_by_id(&id(2)).await;
    assert!(bob.unwrap().is_none(), "half of a unit of work was stored");
    assert_eq!(load(&store, 1).await.balance(), 2);
}
