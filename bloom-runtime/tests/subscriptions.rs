//! Event handlers: at least once, in order, also after a restart, and never skipping.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bloom_runtime::{
    application::{Documents, Recorded, StorageStore, Subscriptions, Sync},
    domain::{Invalid, Uuid},
    memory::MemoryStorage,
    ports::{EventLog, Repository, Storage, Store, StoreError, UnitOfWork},
    prelude::{EventHandler, Failure},
    testing::{
        FaultyStorage, Operation,
        conformance::{Account, AccountEvent, TABLE},
    },
};

type Seen = Arc<Mutex<Vec<u64>>>;

fn noting(
    seen: &Seen,
) -> Sync<
    impl Fn(&Recorded<AccountEvent>) -> Result<(), Failure> + Send + std::marker::Sync + 'static + use<>,
> {
    let seen = Arc::clone(seen);
    Sync(move |event: &Recorded<AccountEvent>| {
        seen.lock().unwrap().push(event.position.get());
        Ok(())
    })
}

async fn open<S: Storage>(storage: &Arc<S>, numbers: std::ops::RangeInclusive<u128>) {
    let store =
        StorageStore::shared(Arc::clone(storage)).aggregate::<Account>(Documents::in_table(TABLE));
    for number in numbers {
        let mut uow = store.begin().await.unwrap();
        let id = Uuid::from_u128(number).into();
        uow.repository().add(Account::open(id, &format!("owner {number}"))).unwrap();
        uow.commit().await.unwrap();
    }
}

/// Waits until the handlers have caught up with the log.
async fn caught_up<S: Storage>(
    running: &mut bloom_runtime::application::Running,
    storage: &Arc<S>,
) {
    let head = storage.head().await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), running.caught_up(head))
        .await
        .expect("it catches up");
}

#[tokio::test]
async fn a_handler_goes_on_where_it_was_after_a_restart() {
    let storage = Arc::new(MemoryStorage::new());
    let seen = Seen::default();
    open(&storage, 1..=3).await;
    let mut running =
        Subscriptions::new(Arc::clone(&storage)).on::<Account>("noting", noting(&seen)).start();
    caught_up(&mut running, &storage).await;
    running.stop().await;
    open(&storage, 4..=5).await;
    let mut running =
        Subscriptions::new(Arc::clone(&storage)).on::<Account>("noting", noting(&seen)).start();
    caught_up(&mut running, &storage).await;
    open(&storage, 6..=6).await;
    caught_up(&mut running, &storage).await;
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3, 4, 5, 6]);
}

/// Fails or panics three times at the second event.
struct Stumbling {
    seen: Seen,
    failures: Mutex<u32>,
    panics: bool,
}

impl EventHandler<AccountEvent> for Stumbling {
    async fn handle(&self, event: &Recorded<AccountEvent>) -> Result<(), Failure> {
        if event.position.get() == 2 {
            let fails = {
                let mut failures = self.failures.lock().unwrap();
                *failures += 1;
                *failures <= 3
            };
            if fails {
                assert!(!self.panics, "a handler that panics");
                return Err(Invalid::new("not_yet", "not yet").into());
            }
        }
        self.seen.lock().unwrap().push(event.position.get());
        Ok(())
    }
}

async fn stumble(panics: bool) {
    let storage = Arc::new(MemoryStorage::new());
    let (stumbling, other) = (Seen::default(), Seen::default());
    open(&storage, 1..=4).await;
    let handler = Stumbling { seen: Arc::clone(&stumbling), failures: Mutex::default(), panics };
    let mut running = Subscriptions::new(Arc::clone(&storage))
        .on::<Account>("stumbling", handler)
        .on::<Account>("other", noting(&other))
        .start();
    caught_up(&mut running, &storage).await;
    assert_eq!(
        *stumbling.lock().unwrap(),
        [1, 2, 3, 4],
        "nothing is skipped, and the order is kept"
    );
    assert_eq!(*other.lock().unwrap(), [1, 2, 3, 4], "another handler is not held up");
    assert!(running.deliveries().iter().all(|delivery| delivery.failing.is_none()));
}

#[tokio::test]
async fn a_failing_handler_is_tried_again_and_skips_nothing() {
    stumble(false).await;
}

#[tokio::test]
async fn a_panicking_handler_is_tried_again_and_skips_nothing() {
    stumble(true).await;
}

#[tokio::test]
async fn a_log_that_cannot_be_read_for_a_while_is_read_later() {
    let storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
    let seen = Seen::default();
    open(&storage, 1..=2).await;
    for _ in 0..3 {
        let reason = "the cable is out".to_owned();
        storage.fail_next(Operation::ReadLog, StoreError::Unavailable { reason, source: None });
    }
    let mut running =
        Subscriptions::new(Arc::clone(&storage)).on::<Account>("noting", noting(&seen)).start();
    caught_up(&mut running, &storage).await;
    assert_eq!(*seen.lock().unwrap(), [1, 2]);
}
