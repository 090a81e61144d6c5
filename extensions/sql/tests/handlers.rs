//! Event handlers on databases, in several processes.

mod postgres_server;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bloom_runtime::{
    application::{Events, Failure, Recorded, Running, StorageStore, Subscriptions, Sync as Plain},
    domain::{Invalid, Uuid},
    ports::{InteractiveStorage, Repository, Store, UnitOfWork, WorkerId},
    prelude::EventHandler,
    testing::conformance::{Account, AccountEvent},
};
use bloom_sql::{Migrations, PostgresStorage, SqlStorage, SqliteStorage};

const LONG: Duration = Duration::from_secs(50);

/// Two processes on one file.
fn sqlite() -> (Arc<SqliteStorage>, Arc<SqliteStorage>) {
    let path = tempfile::tempdir().expect("a folder").keep().join("test.db");
    SqliteStorage::migrate(&path, &Migrations::new()).expect("the migrations apply");
    let open = || SqliteStorage::open(&path, &Migrations::new()).expect("the database opens");
    (Arc::new(open()), Arc::new(open()))
}

/// Two processes on one database of a server.
async fn postgres() -> Option<(Arc<PostgresStorage>, Arc<PostgresStorage>)> {
    let url = postgres_server::new_database().await?;
    PostgresStorage::migrate(&url, &Migrations::new()).await.expect("the migrations apply");
    let one = PostgresStorage::open(&url, &Migrations::new()).await.expect("the database opens");
    let other = PostgresStorage::open(&url, &Migrations::new()).await.expect("the database opens");
    Some((Arc::new(one), Arc::new(other)))
}

fn store<S: SqlStorage>(storage: &Arc<S>) -> StorageStore<S> {
    StorageStore::shared(Arc::clone(storage)).aggregate::<Account>(Events::folded())
}

async fn open<S: SqlStorage>(storage: &Arc<S>, numbers: std::ops::RangeInclusive<u128>) {
    for number in numbers {
        let mut uow = store(storage).begin().await.expect("it begins");
        let account = Account::open(Uuid::from_u128(number).into(), &format!("owner {number}"));
        uow.repository().add(account).expect("it is new");
        uow.commit().await.expect("it commits");
    }
}

type Seen = Arc<Mutex<Vec<u64>>>;

fn handlers<S: SqlStorage>(
    storage: &Arc<S>,
    names: &[&'static str],
    seen: &Seen,
) -> Subscriptions<S> {
    let none = Subscriptions::new(Arc::clone(storage)).holding_for(LONG);
    names.iter().fold(none, |handlers, name| {
        let seen = Arc::clone(seen);
        handlers.on::<Account>(
            name,
            Plain(move |event: &Recorded<AccountEvent>| {
                seen.lock().expect("nobody panics").push(event.position.get());
                Ok::<(), Failure>(())
            }),
        )
    })
}

async fn caught_up<S: SqlStorage>(running: &mut Running, storage: &Arc<S>) {
    let head = storage.head().await.expect("a head");
    tokio::time::timeout(LONG, running.caught_up(head)).await.expect("it catches up");
}

async fn until(is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.expect("it becomes so");
}

/// Two processes have as many handlers one as the other, and call none twice.
async fn are_shared<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    const NAMES: [&str; 4] = ["mail", "stock", "audit", "search"];
    let (by_one, by_two) = (Seen::default(), Seen::default());
    open(&storage, 1..=3).await;
    let mut one = handlers(&storage, &NAMES, &by_one).start();
    caught_up(&mut one, &storage).await;
    let mut two = handlers(&other, &NAMES, &by_two).start();
    let nobody = WorkerId::new();
    until(async || {
        let held = storage.held(&nobody).await.expect("it answers");
        let of_first = held.iter().filter(|held_too| held_too.worker == held[0].worker).count();
        (held.len(), of_first) == (4, 2)
    })
    .await;
    open(&other, 4..=9).await;
    caught_up(&mut one, &storage).await;
    caught_up(&mut two, &storage).await;
    one.stop().await;
    open(&storage, 10..=10).await;
    caught_up(&mut two, &storage).await;
    two.stop().await;
    assert_eq!(storage.held(&nobody).await.expect("it answers"), []);
    let mut all = by_one.lock().expect("nobody panics").clone();
    all.extend(by_two.lock().expect("nobody panics").iter());
    all.sort_unstable();
    let expected: Vec<u64> = (1..=10).flat_map(|position| [position; 4]).collect();
    assert_eq!(all, expected, "each handler is called once for each event");
}

/// Holds the writer for longer than a place is held at a time.
struct Interactive<S> {
    store: StorageStore<S>,
    calls: Seen,
}

impl<S: SqlStorage + InteractiveStorage> EventHandler<AccountEvent> for Interactive<S> {
    async fn handle(&self, event: &Recorded<AccountEvent>) -> Result<(), Failure> {
        self.calls.lock().expect("nobody panics").push(event.position.get());
        let mut uow = self.store.begin_interactive().await?;
        let mut account: Account = uow.repository().get(&Uuid::from_u128(1).into()).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        if matches!(event.event, AccountEvent::Opened { .. }) {
            account.deposit(7);
            uow.repository().save(account)?;
        }
        uow.commit().await?;
        Ok(())
    }
}

/// A handler that has the one who writes is not kept from going on by whoever says that its place is held.
async fn may_hold_the_writer<S: SqlStorage + InteractiveStorage>(storage: Arc<S>, _: Arc<S>) {
    let calls = Seen::default();
    open(&storage, 1..=1).await;
    let handler = Interactive { store: store(&storage), calls: Arc::clone(&calls) };
    let mut running = Subscriptions::new(Arc::clone(&storage))
        .holding_for(Duration::from_millis(500))
        .on::<Account>("patient", handler)
        .start();
    until(async || storage.cursor("patient").await.expect("it answers").get() == 2).await;
    caught_up(&mut running, &storage).await;
    running.stop().await;
    assert_eq!(*calls.lock().expect("nobody panics"), [1, 2], "neither was tried again");
}

/// Where one process cannot handle an event, since it is of an older program, another one does.
async fn are_left_to_who_can<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    let seen = Seen::default();
    let cannot = Arc::new(AtomicBool::new(false));
    let is_older = Arc::clone(&cannot);
    let older = Subscriptions::new(Arc::clone(&storage)).holding_for(LONG);
    let older = older.on::<Account>(
        "mail",
        Plain(move |_: &Recorded<AccountEvent>| {
            is_older.store(true, Ordering::SeqCst);
            Err::<(), Failure>(Invalid::new("older", "it knows no such event").into())
        }),
    );
    let older = older.start();
    open(&storage, 1..=1).await;
    until(async || cannot.load(Ordering::SeqCst)).await;
    let mut newer = handlers(&other, &["mail"], &seen).start();
    caught_up(&mut newer, &storage).await;
    assert_eq!(*seen.lock().expect("nobody panics"), [1]);
    older.stop().await;
    newer.stop().await;
}

macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let (one, other) = super::sqlite();
                super::$name(one, other).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let Some((one, other)) = super::postgres().await else { return };
                super::$name(one, other).await;
            })*
        }
    };
}

on_both! { are_shared, may_hold_the_writer, are_left_to_who_can }
