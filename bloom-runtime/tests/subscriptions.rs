//! Event handlers: at least once, in order, also after a restart, and never skipping.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use bloom_runtime::{
    application::{Documents, Recorded, StorageStore, Subscriptions, Sync},
    domain::{Invalid, Uuid},
    memory::MemoryStorage,
    ports::{Cursors, EventLog, Repository, Storage, Store, StoreError, UnitOfWork, WorkerId},
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

/// Two processes on one log, with these handlers.
fn handlers(
    storage: &Arc<MemoryStorage>,
    names: &[&'static str],
    seen: &Seen,
) -> Subscriptions<MemoryStorage> {
    let none = Subscriptions::new(Arc::clone(storage)).holding_for(Duration::from_secs(50));
    names.iter().fold(none, |handlers, name| handlers.on::<Account>(name, noting(seen)))
}

async fn until(is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it becomes so");
}

#[tokio::test]
async fn two_processes_share_the_handlers_and_call_none_twice() {
    const NAMES: [&str; 4] = ["mail", "stock", "audit", "search"];
    let storage = Arc::new(MemoryStorage::new());
    let (by_one, by_other) = (Seen::default(), Seen::default());
    open(&storage, 1..=3).await;
    let mut one = handlers(&storage, &NAMES, &by_one).start();
    caught_up(&mut one, &storage).await;
    let mut other = handlers(&storage, &NAMES, &by_other).start();
    let nobody = WorkerId::new();
    let shares = async || {
        let held = storage.held(&nobody).await.unwrap();
        let of_first = held.iter().filter(|held_too| held_too.worker == held[0].worker).count();
        held.len() == 4 && of_first == 2
    };
    until(shares).await;
    open(&storage, 4..=9).await;
    caught_up(&mut one, &storage).await;
    caught_up(&mut other, &storage).await;
    assert_eq!(by_other.lock().unwrap().len(), 2 * 6);

    // Where one ends, the other goes on with all of them.
    one.stop().await;
    open(&storage, 10..=10).await;
    caught_up(&mut other, &storage).await;
    other.stop().await;
    assert!(storage.held(&nobody).await.unwrap().is_empty());
    let mut all = by_one.lock().unwrap().clone();
    all.extend(by_other.lock().unwrap().iter());
    all.sort_unstable();
    let expected: Vec<u64> = (1..=10).flat_map(|position| [position; 4]).collect();
    assert_eq!(all, expected, "each handler is called once for each event");
}

/// Blocks its process at the first event until it is told to go on, as if that was asleep.
struct Sleeping(Seen, Mutex<mpsc::Receiver<()>>);

impl EventHandler<AccountEvent> for Sleeping {
    async fn handle(&self, event: &Recorded<AccountEvent>) -> Result<(), Failure> {
        self.0.lock().unwrap().push(event.position.get());
        if event.position.get() == 1 {
            self.1.lock().unwrap().recv().unwrap();
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_was_asleep_does_nothing_more_and_moves_nothing_back() {
    let storage = Arc::new(MemoryStorage::new());
    let (by_asleep, by_awake) = (Seen::default(), Seen::default());
    let (wake, woken) = mpsc::channel();
    open(&storage, 1..=3).await;
    let mut asleep = Subscriptions::new(Arc::clone(&storage))
        .holding_for(Duration::from_millis(500))
        .on::<Account>("mail", Sleeping(Arc::clone(&by_asleep), Mutex::new(woken)))
        .start();
    until(async || !by_asleep.lock().unwrap().is_empty()).await;
    let awake = handlers(&storage, &["mail"], &by_awake);
    let mut awake = awake.holding_for(Duration::from_secs(2)).start();
    caught_up(&mut awake, &storage).await;
    assert_eq!(*by_awake.lock().unwrap(), [1, 2, 3], "it goes on for the other");
    wake.send(()).unwrap();
    // It has seen where the place is, so that it has looked what is to be done.
    caught_up(&mut asleep, &storage).await;
    assert_eq!(*by_asleep.lock().unwrap(), [1], "what it woke up for was done");
    asleep.stop().await;
    assert_eq!(storage.held(&WorkerId::new()).await.unwrap().len(), 1, "it gives up its own alone");
    awake.stop().await;
}

/// Takes longer than a place is held.
struct Slow(Seen);

impl EventHandler<AccountEvent> for Slow {
    async fn handle(&self, event: &Recorded<AccountEvent>) -> Result<(), Failure> {
        self.0.lock().unwrap().push(event.position.get());
        tokio::time::sleep(Duration::from_secs(4)).await;
        Ok(())
    }
}

#[tokio::test]
async fn whoever_is_only_slow_keeps_its_place() {
    let storage = Arc::new(MemoryStorage::new());
    let (by_slow, by_other) = (Seen::default(), Seen::default());
    open(&storage, 1..=1).await;
    let mut slow = Subscriptions::new(Arc::clone(&storage))
        .holding_for(Duration::from_secs(1))
        .on::<Account>("mail", Slow(Arc::clone(&by_slow)))
        .start();
    until(async || !by_slow.lock().unwrap().is_empty()).await;
    let other = handlers(&storage, &["mail"], &by_other).start();
    caught_up(&mut slow, &storage).await;
    slow.stop().await;
    other.stop().await;
    assert_eq!((by_slow.lock().unwrap().len(), by_other.lock().unwrap().len()), (1, 0));
}

#[tokio::test]
async fn a_place_that_cannot_be_moved_for_a_while_loses_nothing() {
    let storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
    let seen = Seen::default();
    open(&storage, 1..=2).await;
    // Taking it fails, then noting how far it has come.
    for _ in 0..2 {
        let reason = "the cable is out".to_owned();
        storage.fail_next(Operation::MovePlace, StoreError::Unavailable { reason, source: None });
    }
    let mut running =
        Subscriptions::new(Arc::clone(&storage)).on::<Account>("noting", noting(&seen)).start();
    caught_up(&mut running, &storage).await;
    until(async || storage.cursor("noting").await.unwrap().get() == 2).await;
    running.stop().await;
    let seen = seen.lock().unwrap().clone();
    assert!(seen.starts_with(&[1, 2]), "{seen:?}");
}

#[tokio::test]
async fn whoever_ends_leaves_each_handler_as_soon_as_it_has() {
    let storage = Arc::new(MemoryStorage::new());
    let (by_slow, by_quick, by_other) = (Seen::default(), Seen::default(), Seen::default());
    open(&storage, 1..=1).await;
    let one = Subscriptions::new(Arc::clone(&storage))
        .holding_for(Duration::from_secs(50))
        .on::<Account>("slow", Slow(Arc::clone(&by_slow)))
        .on::<Account>("quick", noting(&by_quick))
        .start();
    until(async || by_slow.lock().unwrap().len() + by_quick.lock().unwrap().len() == 2).await;
    let ending = tokio::spawn(one.stop());
    let other = handlers(&storage, &["quick"], &by_other).start();
    open(&storage, 2..=2).await;
    until(async || !by_other.lock().unwrap().is_empty()).await;
    assert!(!ending.is_finished(), "the slow one is at it still");
    ending.await.unwrap();
    other.stop().await;
}
