//! The log: every event, once, in one order without holes.

use std::collections::HashMap;

use super::{
    How,
    account::{Account, id},
    store,
};
use crate::{
    domain::{Aggregate, Version},
    ports::{EventLog, Position, RecordedEvent, Repository, Storage, Store, StreamId, UnitOfWork},
};

/// Positions are 1, 2, 3..., and within a stream the versions are.
fn assert_dense(events: &[RecordedEvent]) {
    let mut versions: HashMap<&StreamId, u64> = HashMap::new();
    for (index, event) in events.iter().enumerate() {
        assert_eq!(
            event.position,
            Position::new(index as u64 + 1),
            "a hole, or two of one position"
        );
        let version = versions.entry(&event.stream).or_default();
        *version += 1;
        assert_eq!(event.version, Version::new(*version), "the order within {}", event.stream);
    }
}

/// Everything that was committed is read, in order, from any place on.
pub async fn the_log_has_every_event_once<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    for number in 1..=3 {
        let mut account = Account::open(id(number), &format!("owner {number}"));
        account.deposit(1);
        account.deposit(2);
        let mut uow = store.begin().await.unwrap();
        uow.repository().add(account).unwrap();
        uow.commit().await.unwrap();
    }
    let log = store.storage();
    assert_eq!(log.head().await.unwrap(), Position::new(9), "an event was dropped");
    let all = log.read(Position::START, 100).await.unwrap();
    assert_eq!(all.len(), 9, "an event was dropped");
    assert_dense(&all);
    assert_eq!(log.read(Position::new(4), 2).await.unwrap(), all[4..6]);
    assert!(log.read(Position::new(9), 10).await.unwrap().is_empty());

    let stream = StreamId {
        tenant: String::new(),
        aggregate: Account::NAME.to_owned(),
        id: id(2).to_string(),
    };
    assert_eq!(log.read_stream(&stream, Version::NEW).await.unwrap(), all[3..6]);
    assert_eq!(log.read_stream(&stream, Version::new(2)).await.unwrap(), all[5..6]);
    assert_eq!((all[3].name.as_str(), all[3].revision), ("conformance.opened", 1));
}

/// Thirty-two writers, one reader who looks all the time: it never meets a hole.
pub async fn positions_are_dense_under_load<S: Storage>(storage: S, how: How) {
    const WRITERS: u128 = 32;
    const EACH: u128 = 5;
    let store = store(storage, how);
    let reading = {
        let log = std::sync::Arc::clone(store.storage());
        tokio::spawn(async move {
            let mut seen: Vec<RecordedEvent> = Vec::new();
            while seen.len() < (WRITERS * EACH * 2) as usize {
                let after = seen.last().map_or(Position::START, |event| event.position);
                seen.extend(log.read(after, 7).await.unwrap());
                assert_dense(&seen);
                tokio::task::yield_now().await;
            }
            seen
        })
    };
    let writing: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for turn in 0..EACH {
                    let number = writer * 1_000 + turn + 1;
                    let mut account = Account::open(id(number), &format!("owner {number}"));
                    account.deposit(1);
                    let mut uow = store.begin().await.unwrap();
                    uow.repository().add(account).unwrap();
                    uow.commit().await.unwrap();
                }
            })
        })
        .collect();
    for writer in writing {
        writer.await.unwrap();
    }
    let seen = tokio::time::timeout(std::time::Duration::from_secs(60), reading).await;
    let seen = seen.expect("the reader sees everything").unwrap();
    assert_eq!(store.storage().read(Position::START, 1_000).await.unwrap(), seen);
}

/// Whoever reads an aggregate while many read others reads what he would read alone, however much there is of it.
pub async fn many_read_at_once_what_each_reads_alone<S: Storage>(storage: S, how: How) {
    const DEPOSITS: [u64; 7] = [0, 1, 2, 126, 127, 128, 300];
    let store = store(storage, how);
    for (number, deposits) in (1..).zip(DEPOSITS) {
        let mut account = Account::open(id(number), &format!("owner {number}"));
        (0..deposits).for_each(|_| account.deposit(3));
        let mut uow = store.begin().await.unwrap();
        uow.repository().add(account).unwrap();
        uow.commit().await.unwrap();
    }
    let nobody = DEPOSITS.len() as u128 + 1;
    for _ in 0..4 {
        let reading: Vec<_> = (0..48)
            .map(|turn| {
                let store = store.clone();
                tokio::spawn(async move {
                    let number = turn % nobody + 1;
                    let mut uow = store.begin().await.unwrap();
                    (number, uow.repository::<Account>().find_by_id(&id(number)).await.unwrap())
                })
            })
            .collect();
        for reader in reading {
            let (number, account) = reader.await.unwrap();
            let found = account.map(|account| {
                (account.owner().to_owned(), account.balance(), account.version().get())
            });
            let deposits = DEPOSITS.get(number as usize - 1);
            let there =
                deposits.map(|deposits| (format!("owner {number}"), deposits * 3, deposits + 1));
            assert_eq!(found, there);
        }
    }
}

/// Who waits for new events is woken.
pub async fn the_storage_tells_of_appends<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let mut appended = store.storage().appended();
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(1), "ada")).unwrap();
    uow.commit().await.unwrap();
    let told = appended.wait_for(|position| *position >= Position::new(1));
    tokio::time::timeout(std::time::Duration::from_secs(10), told)
        .await
        .expect("it is told")
        .unwrap();
}
