//! Decisions that rely on what has not happened.

use std::sync::Arc;

use tokio::sync::Barrier;

use super::{
    How,
    account::{Account, id},
    commits::{load, opened},
    store,
};
use crate::{
    application::{Append, ProposedEvent},
    domain::Tag,
    ports::{
        EventLog, EventQuery, Expected, Position, Repository, Storage, Store, StoreError,
        UnitOfWork,
    },
};

const WRITERS: u128 = 16;

/// One deposit may be made among all accounts, and sixteen see that there is none. They read at the same time, and then, once all have
/// read, they write: one commits, each time.
pub async fn one_of_many_crosses_a_boundary<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    for number in 1..=WRITERS {
        opened(&store, number).await;
    }
    let (reading, writing) = (barrier(), barrier());
    let deposits: Vec<_> = (1..=WRITERS)
        .map(|number| {
            let store = store.clone();
            let (reading, writing) = (Arc::clone(&reading), Arc::clone(&writing));
            tokio::spawn(async move {
                let mut uow = store.begin().await.unwrap();
                reading.wait().await;
                let query = EventQuery::all().named(["conformance.deposited"]);
                let there = uow.boundary(query).await.unwrap();
                assert!(there.is_empty(), "nobody has written yet");
                let mut account = uow.repository::<Account>().get(&id(number)).await.unwrap();
                account.deposit(1);
                uow.repository().save(account).unwrap();
                writing.wait().await;
                uow.commit().await
            })
        })
        .collect();
    let mut made = 0;
    for deposit in deposits {
        match deposit.await.unwrap() {
            Ok(_) => made += 1,
            Err(StoreError::Crossed { after, position }) => {
                assert_eq!(after, Position::new(WRITERS as u64));
                assert_eq!(position, Position::new(WRITERS as u64 + 1), "the one that was made");
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(made, 1, "of sixteen who relied on the same");
    let head = store.storage().head().await.unwrap();
    assert_eq!(head, Position::new(WRITERS as u64 + 1), "who was refused has left something");

    // Whoever decides anew sees what the others have done.
    let mut uow = store.begin().await.unwrap();
    let there = uow.boundary(EventQuery::all().named(["conformance.deposited"])).await.unwrap();
    assert_eq!(there.len(), 1);
    let mut account = load(&store, 1).await;
    account.deposit(5);
    uow.repository().save(account).unwrap();
    uow.commit().await.unwrap();
}

/// Sixteen who rely on what has nothing to do with each other commit all.
pub async fn boundaries_of_others_are_no_matter<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let reading = barrier();
    let seats: Vec<_> = (0..WRITERS)
        .map(|number| {
            let (store, reading) = (store.clone(), Arc::clone(&reading));
            tokio::spawn(async move {
                let events = store.event_store().await.unwrap();
                let (seat, hall) = (Tag::new("seat", number), Tag::new("hall", "one"));
                let query = EventQuery::all().named(["seat.taken"]).tagged(seat.clone());
                let page = events.log().matching(query.clone()).read().await.unwrap();
                assert!(page.events.is_empty());
                reading.wait().await;
                let taken = ProposedEvent::new("seat.taken", 1, &number.to_string()).unwrap();
                let taken = taken.tagged(seat).tagged(hall);
                let append = Append::to("seat", number.to_string(), Expected::Any);
                let append = append.event(taken.clone()).unless(query.clone(), page.looked_to);
                events.append(append).await.unwrap();

                // The same seat again, by somebody who has looked as long ago.
                let append = Append::to("seat", "another", Expected::Any);
                let append = append.event(taken).unless(query, page.looked_to);
                let again = events.append(append).await;
                assert!(matches!(again, Err(StoreError::Crossed { .. })), "{again:?}");
            })
        })
        .collect();
    for seat in seats {
        seat.await.unwrap();
    }
    let events = store.event_store().await.unwrap();
    let hall = EventQuery::all().tagged(Tag::new("hall", "one"));
    assert_eq!(events.log().matching(hall).read().await.unwrap().events.len(), WRITERS as usize);
}

fn barrier() -> Arc<Barrier> {
    Arc::new(Barrier::new(WRITERS as usize))
}
