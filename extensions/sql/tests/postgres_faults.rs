//! What was acknowledged stays, and nothing happens twice, whatever becomes of the connection or of the server.

mod postgres_server;
mod private_server;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bloom_runtime::{
    application::{Documents, StorageStore, retry},
    domain::{Aggregate, Classified, ErrorKind, Uuid, Version},
    ports::{EventLog, Outcome, Position, Repository, Store, StoreError, UnitOfWork},
    testing::conformance::{Account, TABLE},
};
use bloom_sql::{Migrations, PostgresStorage, migration::postgres_documents};
use private_server::{PrivateServer, Proxy};
use tokio::{sync::Mutex, task::JoinSet};

fn migrations() -> Migrations {
    Migrations::new().with("0001_accounts", postgres_documents(TABLE))
}

async fn open(url: &str) -> StorageStore<PostgresStorage> {
    let storage = PostgresStorage::open(url, &migrations()).await.expect("the database opens");
    StorageStore::new(storage).aggregate::<Account>(Documents::in_table(TABLE))
}

/// A store on a new database, and its URL.
async fn store() -> Option<(StorageStore<PostgresStorage>, String)> {
    let url = postgres_server::new_database().await?;
    PostgresStorage::migrate(&url, &migrations()).await.expect("the migrations apply");
    Some((open(&url).await, url))
}

async fn add(store: &StorageStore<PostgresStorage>, number: u128) -> Result<Position, StoreError> {
    let mut uow = store.begin().await?;
    uow.repository()
        .add(Account::open(Uuid::from_u128(number).into(), &format!("owner {number}")))?;
    let outcome = Outcome {
        key: format!("add {number}"),
        fingerprint: "add".to_owned(),
        body: "null".to_owned(),
    };
    uow.record_outcome(outcome);
    Ok(uow.commit().await?.position.expect("an event"))
}

/// What writers know: which of their accounts were acknowledged, and which were begun.
#[derive(Default)]
struct Ledger {
    acknowledged: BTreeMap<u128, Position>,
    begun: Vec<u128>,
}

/// Writers who add accounts until they are told to stop, and go on after every failure.
fn writers(
    count: u64,
    store: &StorageStore<PostgresStorage>,
    ledger: &Arc<Mutex<Ledger>>,
    stop: &Arc<AtomicBool>,
) -> JoinSet<()> {
    let next = Arc::new(AtomicU64::new(1));
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (store, ledger, stop, next) =
            (store.clone(), Arc::clone(ledger), Arc::clone(stop), Arc::clone(&next));
        tasks.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let number = u128::from(next.fetch_add(1, Ordering::Relaxed));
                ledger.lock().await.begun.push(number);
                match add(&store, number).await {
                    Ok(position) => {
                        ledger.lock().await.acknowledged.insert(number, position);
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            }
        });
    }
    tasks
}

/// Everything acknowledged is there once and where it was said to be, everything else at most once, and no position is
/// missing.
async fn check(store: &StorageStore<PostgresStorage>, ledger: &Ledger) {
    let head = store.storage().head().await.expect("the head");
    let events = store.storage().read(Position::START, usize::MAX).await.expect("the log");
    let positions: Vec<u64> = events.iter().map(|event| event.position.get()).collect();
    assert_eq!(positions, (1..=head.get()).collect::<Vec<_>>(), "positions have a hole");
    let mut found: BTreeMap<String, Position> = BTreeMap::new();
    for event in events {
        let twice = found.insert(event.stream.id.clone(), event.position);
        assert!(twice.is_none(), "{} is there twice", event.stream);
    }
    for (number, position) in &ledger.acknowledged {
        let id = Uuid::from_u128(*number).to_string();
        assert_eq!(found.remove(&id), Some(*position), "{number} was acknowledged");
    }
    let begun: Vec<String> =
        ledger.begun.iter().map(|number| Uuid::from_u128(*number).to_string()).collect();
    for id in found.keys() {
        assert!(begun.contains(id), "nobody has begun {id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn backends_that_are_terminated_lose_nothing() {
    let Some((store, url)) = store().await else { return };
    let (ledger, stop) = (Arc::default(), Arc::default());
    let tasks = writers(8, &store, &ledger, &stop);
    for _ in 0..15 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        postgres_server::run(
            &url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'bloom' AND pid <> pg_backend_pid()",
        )
        .await;
    }
    stop.store(true, Ordering::Relaxed);
    tasks.join_all().await;
    let ledger = ledger.lock().await;
    assert!(ledger.acknowledged.len() > 50, "{}", ledger.acknowledged.len());
    check(&store, &ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_started_again_keeps_what_it_acknowledged() {
    let Some(mut server) = PrivateServer::start().await else { return };
    PostgresStorage::migrate(server.url(), &migrations()).await.expect("the migrations apply");
    let store = open(server.url()).await;
    let (ledger, stop) = (Arc::default(), Arc::default());
    let tasks = writers(8, &store, &ledger, &stop);
    let rounds = if std::env::var_os("BLOOM_SOAK").is_some() { 40 } else { 3 };
    for _ in 0..rounds {
        tokio::time::sleep(Duration::from_millis(700)).await;
        server.kill().await;
        server.start_again().await;
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    stop.store(true, Ordering::Relaxed);
    tasks.join_all().await;
    let ledger = ledger.lock().await;
    assert!(ledger.acknowledged.len() > 100, "{}", ledger.acknowledged.len());
    check(&store, &ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_found_out() {
    let Some((direct, url)) = store().await else { return };
    let proxy = Proxy::before(&url).await;
    let store = open(proxy.url()).await;
    add(&store, 1).await.expect("the way is open");

    // The server has committed, and its answer never arrives.
    proxy.lose_next_answer_to("bloom_append");
    assert_eq!(add(&store, 2).await.expect("it is found"), Position::new(2));
    assert_eq!(direct.storage().head().await.expect("the head"), Position::new(2));

    // The statement never arrives, which is no success, and must not be called a failure either.
    proxy.lose_next_question_with("bloom_append");
    let lost = add(&store, 3).await.expect_err("nobody knows");
    assert!(matches!(lost, StoreError::OutcomeUnknown), "{lost:?}");
    assert_eq!(store.outcome("add 3").await.expect("it looks"), None, "the key tells");
    assert_eq!(add(&store, 3).await.expect("the way is open"), Position::new(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_on_few_aggregates_through_two_storages_lose_nothing() {
    const WRITERS: u64 = 32;
    const EACH: u64 = 4;
    let Some((first, url)) = store().await else { return };
    // As another process has it: connections and a committer of its own.
    let second = open(&url).await;
    for number in 1..=4 {
        add(&first, number).await.expect("it is added");
    }
    let tasks: JoinSet<()> = (0..WRITERS)
        .map(|writer| {
            let store = if writer % 2 == 0 { first.clone() } else { second.clone() };
            async move {
                for turn in 0..EACH {
                    // Two aggregates in either order: who locks carelessly, deadlocks.
                    let (one, other) = (writer % 4 + 1, (writer + turn) % 4 + 1);
                    loop {
                        let done = retry::on_conflict(|| async {
                            let mut uow = store.begin().await?;
                            for number in [one, other] {
                                let id = Uuid::from_u128(u128::from(number)).into();
                                let mut account: Account = uow.repository().get(&id).await?;
                                account.deposit(1);
                                uow.repository().save(account)?;
                            }
                            uow.commit().await?;
                            Ok(())
                        });
                        match done.await {
                            Ok(()) => break,
                            Err(failure) => {
                                assert_eq!(failure.kind(), ErrorKind::Conflict, "{failure:?}")
                            }
                        }
                    }
                }
            }
        })
        .collect();
    tasks.join_all().await;
    let mut total = 0;
    let mut uow = first.begin().await.expect("it begins");
    for number in 1..=4 {
        let account: Account =
            uow.repository().get(&Uuid::from_u128(number).into()).await.expect("it is there");
        assert_eq!(account.version(), Version::new(account.balance() + 1), "a version is an event");
        total += account.balance();
    }
    assert_eq!(total, WRITERS * EACH * 2, "an update was lost");
    let head = first.storage().head().await.expect("the head");
    assert_eq!(head, Position::new(4 + total));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_held_keeps_nobody_else_waiting() {
    let Some((store, _)) = store().await else { return };
    for number in 1..=2 {
        add(&store, number).await.expect("it is added");
    }
    let mut held = store.begin_interactive().await.expect("it begins");
    let mut first: Account =
        held.repository().get(&Uuid::from_u128(1).into()).await.expect("it is there");

    // Somebody wants to save what is held, and waits.
    let mut uow = store.begin().await.expect("it begins");
    let mut same: Account =
        uow.repository().get(&Uuid::from_u128(1).into()).await.expect("it is there");
    same.deposit(100);
    uow.repository().save(same).expect("it can be stored");
    let waiting = tokio::spawn(uow.commit());
    tokio::time::sleep(Duration::from_millis(50)).await;

    // Others do not, among them the one who holds it.
    let other = tokio::time::timeout(Duration::from_secs(5), add(&store, 3)).await;
    other.expect("nobody waits for ever").expect("it is added");
    first.deposit(1);
    held.repository().save(first).expect("it can be stored");
    held.commit().await.expect("it commits");
    let lost = waiting.await.expect("it ends").expect_err("it was changed");
    assert!(matches!(lost, StoreError::Conflict { .. }), "{lost:?}");
    assert_eq!(store.storage().head().await.expect("the head"), Position::new(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_clients_are_told_so() {
    let Some((_store, url)) = store().await else { return };
    let (before, name) = url.rsplit_once('/').expect("a database");
    postgres_server::run(
        &url,
        &format!("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bloom_few') THEN
            CREATE ROLE bloom_few LOGIN; END IF; END $$; ALTER ROLE bloom_few CONNECTION LIMIT 1;
            GRANT ALL ON DATABASE {name} TO bloom_few; GRANT ALL ON ALL TABLES IN SCHEMA public TO bloom_few"),
    )
    .await;
    let host = before.rsplit_once('@').map_or(before, |(_, host)| host);
    let few = open(&format!("postgres://bloom_few@{host}/{name}")).await;
    let reads = (0..4).map(|_| {
        let few = few.clone();
        async move { few.storage().query("SELECT pg_sleep(0.3)::text", Vec::new()).await }
    });
    let results = reads.collect::<JoinSet<_>>().join_all().await;
    let refused: Vec<&StoreError> =
        results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(!refused.is_empty() && refused.len() < results.len(), "{results:?}");
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.to_string().contains("too many clients"), "{error}");
    }
}
