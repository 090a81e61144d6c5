//! Whoever changes the past is noticed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bloom_audit::{HashChain, verify, verify_since};
use bloom_runtime::{
    application::{Documents, StorageStore, in_context},
    memory::MemoryStorage,
    ports::{Context, EventLog, RecordedEvent, StreamId},
    prelude::*,
    testing::conformance::Account,
};

/// The events of an account that ada has opened and changed four times.
async fn history(chain: HashChain) -> Vec<RecordedEvent> {
    let store = StorageStore::new(MemoryStorage::new())
        .aggregate::<Account>(Documents::in_table("accounts").audited(chain));
    let id = Uuid::from_u128(1);
    in_context(Context::new().with_actor("ada").with_reason("a test"), async {
        let mut uow = store.begin().await.unwrap();
        uow.repository().add(Account::open(id.into(), "ada")).unwrap();
        uow.commit().await.unwrap();
        for amount in 1..=4 {
            let mut uow = store.begin().await.unwrap();
            let mut account: Account = uow.repository().get(&id.into()).await.unwrap();
            account.deposit(amount);
            uow.repository().save(account).unwrap();
            uow.commit().await.unwrap();
        }
    })
    .await;
    let (tenant, aggregate) = (String::new(), Account::NAME.to_owned());
    let stream = StreamId { tenant, aggregate, id: id.to_string() };
    store.storage().read_stream(&stream, Version::NEW).await.unwrap()
}

#[tokio::test]
async fn every_change_of_the_past_shows() {
    for chain in [HashChain::new(), HashChain::with_key(b"kept elsewhere")] {
        let events = history(chain.clone()).await;
        verify(&chain, &events).unwrap();
        type Change = fn(&mut RecordedEvent);
        let changes: [Change; 7] = [
            |event| event.body = event.body.replace('2', "200"),
            |event| event.name = "conformance.handed_over".to_owned(),
            |event| event.revision += 1,
            |event| event.metadata.actor = Some("eve".to_owned()),
            |event| event.metadata.reason = None,
            |event| event.metadata.at = event.metadata.at.plus_seconds(1),
            |event| event.stream.id = Uuid::from_u128(2).to_string(),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = events.clone();
            change(&mut changed[2]);
            let broken = verify(&chain, &changed).expect_err("a change went unnoticed");
            assert_eq!(broken.version, 3, "change {number}: {broken}");
        }
        let mut swapped = events.clone();
        let (first, second) = (swapped[2].body.clone(), swapped[3].body.clone());
        (swapped[2].body, swapped[3].body) = (second, first);
        assert!(verify(&chain, &swapped).is_err());
    }
}

#[tokio::test]
async fn what_has_lost_its_seals_is_no_history_from_before() {
    let chain = HashChain::with_key(b"kept elsewhere");
    let mut events = history(chain.clone()).await;
    for event in &mut events {
        event.metadata.seal = None;
    }
    assert_eq!(verify(&chain, &events).unwrap_err().version, 1);
    // Of a kind that was audited later the first ones have none, and somebody knows how many.
    let mut events = history(chain.clone()).await;
    events[0].metadata.seal = None;
    assert!(
        verify_since(&chain, Version::new(2), &events).is_err(),
        "the next seal covers the one that is gone"
    );
    assert!(verify_since(&chain, Version::new(1), &events).is_err());
}

#[tokio::test]
async fn without_the_key_no_seal_can_be_made() {
    let key = HashChain::with_key(b"kept elsewhere");
    let events = history(key.clone()).await;
    assert!(verify(&HashChain::new(), &events).is_err());
    assert!(verify(&HashChain::with_key(b"guessed"), &events).is_err());
    let forged = history(HashChain::new()).await;
    assert!(verify(&key, &forged).is_err());
}
