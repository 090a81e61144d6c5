//! Old events go, positions stay, and nobody misses what was told by them.

use std::sync::Arc;

use super::{
    How,
    account::{Account, TABLE, id},
    commits::load,
    registration,
};
use crate::{
    application::{Documents, Events, Retention, StorageStore},
    domain::{Aggregate, Timestamp, Version},
    ports::{
        Cursors, EventLog, Lifecycle, Position, RecordedEvent, Repository, Storage, Store,
        StoreError, StreamId, UnitOfWork,
    },
    testing::FixedClock,
};

/// Ten seconds after the first events.
const LATER: i64 = 10;

/// A store with three accounts: of each an opening and two deposits that are old, and a deposit that is not; and the moment between.
async fn some<S: Storage>(storage: S, how: How) -> (StorageStore<S>, Timestamp) {
    let clock = FixedClock::at(Timestamp::UNIX_EPOCH);
    let store = StorageStore::shared(Arc::new(storage));
    let store = store.aggregate(registration(how)).with_clock(clock.clone());
    for number in 1..=3 {
        let mut account = Account::open(id(number), &format!("owner {number}"));
        account.deposit(1);
        account.deposit(2);
        let mut uow = store.begin().await.unwrap();
        uow.repository().add(account).unwrap();
        uow.commit().await.unwrap();
    }
    clock.advance_seconds(LATER);
    for number in 1..=3 {
        deposit(&store, number).await.unwrap();
    }
    let between = Timestamp::from_micros(LATER * 500_000).expect("it is a time");
    (store, between)
}

async fn deposit<S: Storage>(store: &StorageStore<S>, number: u128) -> Result<(), StoreError> {
    let mut uow = store.begin().await?;
    let mut account: Account = uow.repository().get(&id(number)).await?;
    account.deposit(4);
    uow.repository().save(account)?;
    uow.commit().await.map(drop)
}

fn nowhere(_: &[RecordedEvent]) -> Result<(), StoreError> {
    Ok(())
}

fn stream(number: u128) -> StreamId {
    let (tenant, aggregate) = (String::new(), Account::NAME.to_owned());
    StreamId { tenant, aggregate, id: id(number).to_string() }
}

/// What is old goes, once it is in the archive; the aggregates are what they were, and go on.
pub async fn old_events_go<S: Storage + Cursors>(storage: S, how: How) {
    let (store, between) = some(storage, how).await;
    let retention = Retention::before(between);
    let mut archived = Vec::new();
    let trial = store.truncate(&retention.clone().as_trial(), nowhere).await.unwrap();
    let refused = store.truncate(&retention, |_| Err(StoreError::NoTenant)).await;
    assert!(matches!(refused, Err(StoreError::NoTenant)));
    let before = store.storage().read(Position::START, 100).await.unwrap();
    assert_eq!(before.iter().filter(|event| event.name.starts_with("bloom.")).count(), 0);
    let retained = store
        .truncate(&retention, |events| {
            archived.extend(events.to_vec());
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!((retained.events, retained.aggregates), (9, 3));
    assert_eq!((trial.events, trial.aggregates), (9, 3));
    archived.sort_by_key(|event| event.position);
    assert_eq!(archived, before[..9]);

    let after = store.storage().read(Position::START, 100).await.unwrap();
    assert_eq!(store.storage().head().await.unwrap(), Position::new(12));
    let places = |events: &[RecordedEvent]| -> Vec<_> {
        let place = |event: &RecordedEvent| {
            let RecordedEvent { position, stream, version, metadata, .. } = event.clone();
            (position, stream, version, metadata.event_id, metadata.at)
        };
        events.iter().map(place).collect()
    };
    assert_eq!(places(&after), places(&before), "every position is there");
    assert_eq!(after[9..], before[9..]);
    let genesis = after.iter().filter(|event| event.name == Lifecycle::Genesis.name()).count();
    let gone = after.iter().filter(|event| event.name == Lifecycle::Truncated.name()).count();
    assert_eq!((gone, genesis), (6, 3));

    for number in 1..=3 {
        assert_eq!(
            (load(&store, number).await.balance(), load(&store, number).await.version()),
            (7, Version::new(4))
        );
        deposit(&store, number).await.unwrap();
        assert_eq!(load(&store, number).await.balance(), 11);
    }
    let mut uow = store.begin().await.unwrap();
    let past = uow.repository::<Account>().get_at(&id(1), Version::new(2)).await;
    assert!(matches!(past, Err(StoreError::Truncated { .. })), "nobody knows any more");
    let past = uow.repository::<Account>().get_at(&id(1), Version::new(3)).await.unwrap();
    assert_eq!(past.expect("it is known").balance(), 3);
    assert_eq!(uow.repository::<Account>().history(&id(1)).await.unwrap().len(), 3);
    let again = store.truncate(&retention, nowhere).await.unwrap();
    assert_eq!((again.events, again.position), (0, Position::new(9)));
}

/// Whoever has still to read an event finds it, whether they have begun or not.
pub async fn nothing_goes_that_is_still_read<S: Storage + Cursors>(storage: S, how: How) {
    let (store, between) = some(storage, how).await;
    store.storage().save_cursor("slow", Position::new(4)).await.unwrap();
    store.storage().save_cursor("quick", Position::new(12)).await.unwrap();
    let begins = Retention::before(between).read_by(["slow", "new"]);
    let retained = store.truncate(&begins, nowhere).await.unwrap();
    assert_eq!(retained.events, 0);
    assert_eq!(retained.held_back.expect("it has not begun").name, "new");

    let retention = Retention::before(between).read_by(["slow"]);
    let retained = store.truncate(&retention, nowhere).await.unwrap();
    assert_eq!((retained.events, retained.position), (3, Position::new(4)));
    assert_eq!(retained.held_back.expect("one is slow").name, "slow");
    // The storage itself knows, too.
    let truncation = crate::ports::Truncation {
        stream: stream(3),
        up_to: Version::new(2),
        instead: crate::ports::Instead::Nothing,
    };
    let refused = store.storage().truncate(vec![truncation]).await;
    assert!(matches!(refused, Err(StoreError::StillRead { .. })), "{refused:?}");

    store.storage().save_cursor("slow", Position::new(12)).await.unwrap();
    let retained = store.truncate(&retention, nowhere).await.unwrap();
    assert_eq!((retained.position, retained.held_back), (Position::new(9), None));
    for number in 1..=3 {
        assert_eq!(load(&store, number).await.balance(), 7);
    }
}

/// However an aggregate is kept, it can be kept in the other way afterwards, and what is gone for good stays so.
pub async fn truncated_histories_are_whole<S: Storage + Cursors>(storage: S, how: How) {
    let (store, between) = some(storage, how).await;
    let mut uow = store.begin().await.unwrap();
    let third: Account = uow.repository().get(&id(3)).await.unwrap();
    uow.repository().remove(third).unwrap();
    uow.commit().await.unwrap();
    assert_eq!(store.truncate(&Retention::before(between), nowhere).await.unwrap().events, 6);

    let events = StorageStore::shared(Arc::clone(store.storage()));
    let events = events.aggregate::<Account>(Events::folded());
    for number in 1..=2 {
        assert_eq!(load(&events, number).await.balance(), 7);
        deposit(&events, number).await.unwrap();
        let account = load(&events, number).await;
        assert_eq!((account.balance(), account.version()), (11, Version::new(5)));
    }
    let documents = StorageStore::shared(Arc::clone(store.storage()));
    let documents = documents.aggregate::<Account>(Documents::in_table(TABLE));
    documents.build_documents(|_| {}).await.unwrap();
    for number in 1..=2 {
        assert_eq!(load(&documents, number).await.balance(), 11);
    }

    // Of what is gone for good nothing is kept but that.
    let late = Timestamp::from_micros(LATER * 2_000_000).expect("it is a time");
    let retained = store.truncate(&Retention::before(late), nowhere).await.unwrap();
    assert_eq!(retained.aggregates, 3);
    let left = events.storage().read_stream(&stream(3), Version::NEW).await.unwrap();
    assert_eq!(left.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["bloom.removed"]);
    for store in [&events, &documents, &store] {
        let mut uow = store.begin().await.unwrap();
        assert!(uow.repository::<Account>().find_by_id(&id(3)).await.unwrap().is_none());
    }
}
