//! Units of work: all or nothing, and nobody's work is lost.

use super::{
    How,
    account::{Account, id},
    store,
};
use crate::{
    application::{Failure, StorageStore, retry},
    domain::{Aggregate, Version},
    ports::{EventLog, Outcome, Position, Repository, Storage, Store, StoreError, UnitOfWork},
    testing::assert_same_state,
};

pub(super) async fn opened<S: Storage>(store: &StorageStore<S>, number: u128) -> Account {
    let account = Account::open(id(number), &format!("owner {number}"));
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(account).unwrap();
    uow.commit().await.unwrap();
    load(store, number).await
}

pub(super) async fn load<S: Storage>(store: &StorageStore<S>, number: u128) -> Account {
    store.begin().await.unwrap().repository::<Account>().get(&id(number)).await.unwrap()
}

async fn head<S: Storage>(store: &StorageStore<S>) -> Position {
    store.storage().head().await.unwrap()
}

/// State and version come back as they were.
pub async fn what_is_saved_is_loaded<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let mut account = Account::open(id(1), "ada");
    account.deposit(5);
    account.deposit(u64::MAX - 5);
    let mut uow = store.begin().await.unwrap();
    let receipt = uow.repository().add(account.clone()).unwrap();
    assert_eq!(receipt.version, Version::new(3));
    let committed = uow.commit().await.unwrap();
    assert_eq!(committed.position, Some(Position::new(3)));
    account.flush_events();
    assert_same_state(&load(&store, 1).await, &account);

    let missing = store.begin().await.unwrap().repository::<Account>().get(&id(9)).await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })), "{missing:?}");
}

/// Two who load the same version cannot both save it.
pub async fn a_conflict_stores_nothing<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let (mut first, mut second) = (opened(&store, 1).await, load(&store, 1).await);
    first.deposit(1);
    second.deposit(10);
    second.hand_over("eve");
    let mut uow = store.begin().await.unwrap();
    uow.repository().save(first).unwrap();
    uow.commit().await.unwrap();
    let before = head(&store).await;

    let mut uow = store.begin().await.unwrap();
    uow.repository().save(second).unwrap();
    match uow.commit().await {
        Err(StoreError::Conflict { expected, actual, .. }) => {
            assert_eq!((expected, actual), (Version::new(1), Version::new(2)));
        }
        other => panic!("a lost update: {other:?}"),
    }
    assert_eq!(head(&store).await, before, "a conflict appended events");
    let account = load(&store, 1).await;
    assert_eq!((account.balance(), account.owner()), (1, "owner 1"));

    // Beginning one that is there is a conflict, too.
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(1), "mallory")).unwrap();
    let again = uow.commit().await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
}

/// What is not committed is seen by nobody and leaves nothing.
pub async fn a_dropped_unit_of_work_leaves_nothing<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let mut account = opened(&store, 1).await;
    account.deposit(7);
    let mut uow = store.begin().await.unwrap();
    uow.repository().save(account).unwrap();
    uow.repository().add(Account::open(id(2), "bob")).unwrap();
    assert_eq!(uow.repository::<Account>().get(&id(1)).await.unwrap().balance(), 7, "its own work");
    assert_eq!(load(&store, 1).await.balance(), 0, "a dirty read");
    drop(uow);
    assert_eq!(load(&store, 1).await.balance(), 0);
    let other =
        store.begin().await.unwrap().repository::<Account>().find_by_id(&id(2)).await.unwrap();
    assert!(other.is_none());
    assert_eq!(head(&store).await, Position::new(1));
}

/// A unit of work fails when what it only read has changed.
pub async fn a_guard_is_checked<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let read = opened(&store, 1).await;
    let mut other = load(&store, 1).await;
    other.deposit(1);
    let mut uow = store.begin().await.unwrap();
    uow.repository().save(other).unwrap();
    uow.commit().await.unwrap();

    let mut uow = store.begin().await.unwrap();
    uow.guard(&read);
    uow.repository().add(Account::open(id(2), "bob")).unwrap();
    let result = uow.commit().await;
    assert!(matches!(result, Err(StoreError::Conflict { .. })), "{result:?}");
    assert_eq!(head(&store).await, Position::new(2));
}

/// What was queued after the mark is forgotten, what was before is kept.
pub async fn a_savepoint_is_rolled_back_to<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(1), "ada")).unwrap();
    let mark = uow.savepoint();
    uow.repository().add(Account::open(id(2), "bob")).unwrap();
    uow.roll_back_to(mark);
    uow.commit().await.unwrap();
    assert_eq!(load(&store, 1).await.owner(), "ada");
    assert_eq!(head(&store).await, Position::new(1));
}

/// Sixteen who add to the same sum with retry all count.
pub async fn concurrent_saves_lose_nothing<S: Storage>(storage: S, how: How) {
    const WRITERS: u64 = 16;
    let store = store(storage, how);
    opened(&store, 1).await;
    let tasks: Vec<_> = (0..WRITERS)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    let added = retry::on_conflict(|| deposit(&store)).await;
                    match added {
                        // More conflicts than retries: the caller's turn to try again.
                        Err(failure) if failure.kind().is_retryable() => {}
                        result => return result.unwrap(),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let account = load(&store, 1).await;
    assert_eq!(account.balance(), WRITERS, "an update was lost");
    assert_eq!(account.version(), Version::new(WRITERS + 1), "the version counts events");
}

pub(super) async fn deposit<S: Storage>(store: &StorageStore<S>) -> Result<(), Failure> {
    let mut uow = store.begin().await?;
    let mut account = uow.repository::<Account>().get(&id(1)).await?;
    account.deposit(1);
    uow.repository().save(account)?;
    uow.commit().await?;
    Ok(())
}

/// One stale aggregate, and the others of the batch are not stored either.
pub async fn one_failure_undoes_the_whole_batch<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let mut stale = opened(&store, 1).await;
    let mut fresh = stale.clone();
    fresh.deposit(1);
    let mut uow = store.begin().await.unwrap();
    uow.repository().save(fresh).unwrap();
    uow.commit().await.unwrap();

    stale.deposit(100);
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(2), "bob")).unwrap();
    uow.repository().save(stale).unwrap();
    assert!(uow.commit().await.is_err());
    assert_eq!(head(&store).await, Position::new(2), "half of a batch was stored");
    let other =
        store.begin().await.unwrap().repository::<Account>().find_by_id(&id(2)).await.unwrap();
    assert!(other.is_none(), "half of a batch was stored");

    // The unique value of the half that was undone is free.
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(3), "bob")).unwrap();
    uow.commit().await.unwrap();
}

/// The outcome of a command is kept with its effects, and only once.
pub async fn outcomes_are_kept_once<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let outcome = |body: &str| Outcome {
        key: "key".to_owned(),
        fingerprint: "print".to_owned(),
        body: body.to_owned(),
    };
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(1), "ada")).unwrap();
    uow.record_outcome(outcome("1"));
    uow.commit().await.unwrap();
    assert_eq!(store.outcome("key").await.unwrap(), Some(outcome("1")));

    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(2), "bob")).unwrap();
    uow.record_outcome(outcome("2"));
    let again = uow.commit().await;
    assert!(matches!(again, Err(StoreError::AlreadyExecuted { .. })), "{again:?}");
    assert_eq!(head(&store).await, Position::new(1), "a command had two effects");

    // What fails leaves no outcome, so that it can be tried again.
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(1), "mallory")).unwrap();
    uow.record_outcome(Outcome { key: "other".to_owned(), ..outcome("3") });
    assert!(uow.commit().await.is_err());
    assert_eq!(store.outcome("other").await.unwrap(), None);
}

/// Two saves of one aggregate in one unit of work are one append.
pub async fn saves_of_one_aggregate_merge<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(1), "ada")).unwrap();
    let mut account = uow.repository::<Account>().get(&id(1)).await.unwrap();
    account.deposit(3);
    uow.repository().save(account).unwrap();
    uow.commit().await.unwrap();
    let account = load(&store, 1).await;
    assert_eq!((account.balance(), account.version()), (3, Version::new(2)));
}
