//! A process that ends at any step of a commit loses nothing that it acknowledged, and leaves nothing half-written.

mod postgres_server;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use bloom_runtime::{
    application::{Documents, Events, Failure, StorageStore, in_context, retry},
    domain::{GeneratedIdentity, Uuid},
    ports::{Context, EventLog, Outcome, Position, Repository, Storage, Store, UnitOfWork},
    testing::{
        assert_same_state,
        conformance::{Account, AccountId, TABLE},
    },
};
use bloom_sql::{
    Migrations, PostgresStorage, SqlUnitOfWork, SqlWork, SqliteStorage,
    migration::{documents, postgres_documents},
    parameters,
};

/// Few accounts, so that writers get into each other's way.
const ACCOUNTS: u128 = 4;
const WRITERS: u64 = 8;
const NOTES: &str = "CREATE TABLE notes (key TEXT PRIMARY KEY)";

fn account(number: u128) -> AccountId {
    Uuid::from_u128(number).into()
}

fn on_sqlite() -> Migrations {
    Migrations::new().with("0001_accounts", documents(TABLE)).with("0002_notes", NOTES)
}

fn on_postgres() -> Migrations {
    Migrations::new().with("0001_accounts", postgres_documents(TABLE)).with("0002_notes", NOTES)
}

fn store<S: Storage>(storage: S) -> StorageStore<S> {
    StorageStore::new(storage).aggregate::<Account>(Documents::in_table(TABLE))
}

/// Deposits into one of the accounts, or opens another one with a note in SQL of its own, under a key.
async fn act<S: Storage<Work = SqlWork>>(
    store: &StorageStore<S>,
    key: &str,
    turn: u64,
) -> Result<(), Failure> {
    let mut uow = store.begin().await?;
    if turn % 4 == 3 {
        let opened = Account::open(uow.next_id(), key);
        uow.repository().add(opened)?;
        uow.execute("INSERT INTO notes (key) VALUES ($1)", parameters![key]);
    } else {
        let id = account(u128::from(turn) % ACCOUNTS + 1);
        let mut account: Account = uow.repository().get(&id).await?;
        account.deposit(1);
        uow.repository().save(account)?;
    }
    let outcome = |key: &str| Outcome {
        key: key.to_owned(),
        fingerprint: "act".to_owned(),
        body: "null".to_owned(),
    };
    uow.record_outcome(outcome(key));
    uow.commit().await?;
    Ok(())
}

/// Writes until it is killed, or so many times as it is told, and says what was acknowledged.
async fn write<S: Storage<Work = SqlWork>>(store: StorageStore<S>) {
    let name = std::env::var("BLOOM_CHILD_NAME").expect("a name");
    let turns = std::env::var("BLOOM_CHILD_TURNS").ok().and_then(|turns| turns.parse().ok());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, name) = (store.clone(), name.clone());
            tokio::spawn(async move {
                for turn in 0..turns.unwrap_or(u64::MAX) {
                    let key = format!("{name}-{writer}-{turn}");
                    let context = Context::new().with_causation(&*key);
                    let acted = || retry::on_conflict(|| act(&store, &key, turn + writer));
                    in_context(context, async {
                        // More conflicts than retries are the caller's to try again; nothing else may happen.
                        while let Err(failure) = acted().await {
                            assert!(failure.kind().is_retryable(), "{}", failure.chain());
                        }
                    })
                    .await;
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "acknowledged {key}").expect("somebody listens");
                    out.flush().expect("somebody listens");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "it is the process that the other tests start and kill"]
async fn child() {
    let database = std::env::var("BLOOM_CHILD_DATABASE").expect("a database");
    match database.strip_prefix("sqlite:") {
        Some(path) => {
            write(store(SqliteStorage::open(path, &on_sqlite()).expect("it opens"))).await;
        }
        None => {
            let storage = PostgresStorage::open(&database, &on_postgres()).await;
            write(store(storage.expect("it opens"))).await;
        }
    }
}

fn start(database: &str, name: &str, more: &[(&str, &str)]) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env("BLOOM_CHILD_DATABASE", database)
        .env("BLOOM_CHILD_NAME", name)
        .envs(more.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// What a child acknowledged until it was gone, and how it went.
fn acknowledged(mut child: Child) -> (Vec<String>, ExitStatus) {
    let lines = BufReader::new(child.stdout.take().expect("it speaks")).lines();
    let keys = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("acknowledged ").map(ToOwned::to_owned));
    let keys = keys.collect();
    (keys, child.wait().expect("it ends"))
}

async fn fill<S: Storage>(store: &StorageStore<S>) {
    let mut uow = store.begin().await.expect("it begins");
    for number in 1..=ACCOUNTS {
        let opened = Account::open(account(number), &format!("owner {number}"));
        uow.repository().add(opened).expect("it is queued");
    }
    uow.commit().await.expect("it commits");
}

/// Everything acknowledged is there once, everything else once or not at all, and all that follows from it fits.
async fn check<S: Storage>(
    store: &StorageStore<S>,
    acknowledged: &[String],
    notes: &BTreeSet<String>,
) {
    let storage = store.storage();
    let log = storage.read(Position::START, 1_000_000).await.expect("the log");
    let head = storage.head().await.expect("a head").get();
    assert_eq!(head, log.len() as u64, "the head is not the end of the log");
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    let mut streams: BTreeMap<String, u64> = BTreeMap::new();
    for (event, position) in log.iter().zip(1..) {
        assert_eq!(event.position.get(), position, "a hole");
        let version = streams.entry(event.stream.id.clone()).or_default();
        *version += 1;
        assert_eq!(event.version.get(), *version, "{}", event.stream);
        if let Some(key) = &event.metadata.causation {
            *done.entry(key.clone()).or_default() += 1;
        }
    }
    for key in acknowledged {
        assert!(done.contains_key(key), "{key} was acknowledged and is lost");
    }
    let opened = |key: &str| notes.contains(key);
    for (key, times) in &done {
        assert_eq!(*times, 1, "{key} happened {times} times");
        let outcome = storage.outcome("", key).await.expect("it looks");
        assert!(outcome.is_some(), "{key} has no outcome");
        let [.., writer, turn] = key.split('-').collect::<Vec<_>>()[..] else { panic!("{key}") };
        let turn = turn.parse::<u64>().expect("a turn") + writer.parse::<u64>().expect("a writer");
        assert_eq!(turn % 4 == 3, opened(key), "{key} and the SQL of its own");
    }
    assert!(notes.iter().all(|key| done.contains_key(key)), "SQL without its events");
    // Documents are what their events say, and unique values are those of the documents.
    let folded =
        StorageStore::shared(std::sync::Arc::clone(storage)).aggregate::<Account>(Events::folded());
    for id in streams.keys() {
        let id: AccountId = id.parse().expect("an id");
        let mut document = store.begin().await.expect("it begins");
        let document: Account = document.repository().get(&id).await.expect("a document");
        let mut events = folded.begin().await.expect("it begins");
        let events: Account = events.repository().get(&id).await.expect("its events");
        assert_same_state(&document, &events);
        let mut again = store.begin().await.expect("it begins");
        again
            .repository()
            .add(Account::open(AccountId::from_uuid(Uuid::now_v7()), document.owner()))
            .expect("it is queued");
        again.commit().await.expect_err("a unique value is free");
    }
}

async fn sqlite_notes(storage: &SqliteStorage) -> BTreeSet<String> {
    texts(storage.query("SELECT key FROM notes", vec![]).await.expect("the notes"))
}

async fn postgres_notes(storage: &PostgresStorage) -> BTreeSet<String> {
    texts(storage.query("SELECT key FROM notes", vec![]).await.expect("the notes"))
}

fn texts(rows: Vec<Vec<bloom_sql::SqlValue>>) -> BTreeSet<String> {
    let text = |row: Vec<bloom_sql::SqlValue>| match row.into_iter().next() {
        Some(bloom_sql::SqlValue::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    rows.into_iter().map(text).collect()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn rounds() -> usize {
    if std::env::var_os("BLOOM_SOAK").is_some() { 200 } else { 4 }
}

/// Lets it write for a moment that is another one each time, and kills it.
fn killed(mut child: Child, round: usize) -> Vec<String> {
    let lines = BufReader::new(child.stdout.take().expect("it speaks")).lines();
    let reader = std::thread::spawn(move || {
        let keys = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("acknowledged ").map(ToOwned::to_owned));
        keys.collect::<Vec<_>>()
    });
    std::thread::sleep(Duration::from_millis(150 + (round as u64 * 37) % 250));
    child.kill().expect("it is killed");
    child.wait().expect("it is gone");
    reader.join().expect("no panic")
}

#[test]
fn sqlite_survives_at_every_step() {
    let runtime = runtime();
    let points = ["outcome", "keys", "events", "document", "head", "committed"]
        .map(|place| format!("sqlite.{place}"));
    for point in points {
        for time in [1, 23] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("test.db");
            let database = format!("sqlite:{}", path.display());
            prepare_sqlite(&runtime, &path);
            let child = start(&database, "one", &[("BLOOM_FAILPOINT", &format!("{point}:{time}"))]);
            let (keys, status) = acknowledged(child);
            assert_eq!(status.signal(), Some(6), "{point}:{time} was not reached");
            check_sqlite(&runtime, &path, &keys);
        }
    }
}

fn prepare_sqlite(runtime: &tokio::runtime::Runtime, path: &Path) {
    SqliteStorage::migrate(path, &on_sqlite()).expect("the migrations apply");
    runtime.block_on(async {
        fill(&store(SqliteStorage::open(path, &on_sqlite()).expect("it opens"))).await;
    });
}

fn check_sqlite(runtime: &tokio::runtime::Runtime, path: &Path, keys: &[String]) {
    runtime.block_on(async {
        let storage = SqliteStorage::open(path, &on_sqlite()).expect("it opens");
        let notes = sqlite_notes(&storage).await;
        check(&store(storage), keys, &notes).await;
    });
}

#[test]
fn sqlite_survives_at_any_moment() {
    let runtime = runtime();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    prepare_sqlite(&runtime, &path);
    let database = format!("sqlite:{}", path.display());
    let mut keys = Vec::new();
    for round in 0..rounds() {
        keys.extend(killed(start(&database, &format!("round{round}"), &[]), round));
        if round % 20 == 3 {
            check_sqlite(&runtime, &path, &keys);
        }
    }
    check_sqlite(&runtime, &path, &keys);
    assert!(!keys.is_empty(), "nothing was ever acknowledged");
}

/// Whatever is left of the write-ahead log, the database is as it was after one of its commits.
#[test]
fn sqlite_survives_a_log_that_was_cut_off() {
    let runtime = runtime();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    prepare_sqlite(&runtime, &path);
    let database = format!("sqlite:{}", path.display());
    // It ends long before the log is carried over into the database, after which a cut says nothing.
    let (_, status) =
        acknowledged(start(&database, "one", &[("BLOOM_FAILPOINT", "sqlite.committed:40")]));
    assert_eq!(status.signal(), Some(6), "it did not get that far");
    let log = std::fs::read(folder.path().join("test.db-wal")).expect("a log");
    let whole = std::fs::read(&path).expect("a database");
    assert!(log.len() > 10_000, "too little was written to cut something off");
    let mut heads = BTreeSet::new();
    for part in 0..24 {
        let length = log.len() * part / 23;
        // Somewhere within a page, too.
        let length = length.saturating_sub(part * 7);
        let copy = folder.path().join(format!("copy-{part}.db"));
        std::fs::write(&copy, &whole).expect("a copy");
        let end = copy.with_extension("db-wal");
        std::fs::write(end, &log[..length]).expect("a copy");
        check_sqlite(&runtime, &copy, &[]);
        runtime.block_on(async {
            let storage = SqliteStorage::open(&copy, &on_sqlite()).expect("it opens");
            heads.insert(storage.head().await.expect("a head"));
        });
    }
    assert!(heads.len() > 12, "the cuts made no difference: {heads:?}");
}

#[test]
fn postgres_survives_at_every_step() {
    let runtime = runtime();
    let points = ["prepared", "committed", "staged", "worked", "appended", "ended"];
    for point in points.map(|place| format!("postgres.{place}")) {
        for time in [1, 17] {
            let Some(url) = runtime.block_on(prepare_postgres()) else { return };
            let child = start(&url, "one", &[("BLOOM_FAILPOINT", &format!("{point}:{time}"))]);
            let (keys, status) = acknowledged(child);
            assert_eq!(status.signal(), Some(6), "{point}:{time} was not reached");
            runtime.block_on(check_postgres(&url, &keys));
        }
    }
}

async fn prepare_postgres() -> Option<String> {
    let url = postgres_server::new_database().await?;
    PostgresStorage::migrate(&url, &on_postgres()).await.expect("the migrations apply");
    fill(&store(PostgresStorage::open(&url, &on_postgres()).await.expect("it opens"))).await;
    Some(url)
}

async fn check_postgres(url: &str, keys: &[String]) {
    // The server may need a moment to notice that its client is gone, and to undo what was open.
    let alone = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'bloom'";
    postgres_server::run(url, alone).await;
    let storage = PostgresStorage::open(url, &on_postgres()).await.expect("it opens");
    let notes = postgres_notes(&storage).await;
    check(&store(storage), keys, &notes).await;
}

#[test]
fn postgres_survives_at_any_moment() {
    let runtime = runtime();
    let Some(url) = runtime.block_on(prepare_postgres()) else { return };
    let mut keys = Vec::new();
    for round in 0..rounds() {
        keys.extend(killed(start(&url, &format!("round{round}"), &[]), round));
    }
    runtime.block_on(check_postgres(&url, &keys));
    assert!(!keys.is_empty(), "nothing was ever acknowledged");
}

#[test]
fn two_processes_share_a_server() {
    let runtime = runtime();
    let Some(url) = runtime.block_on(prepare_postgres()) else { return };
    let both = ["one", "two"].map(|name| start(&url, name, &[("BLOOM_CHILD_TURNS", "25")]));
    let mut keys = Vec::new();
    for child in both {
        let (theirs, status) = acknowledged(child);
        assert!(status.success(), "{status}: something but a conflict reached a writer");
        assert_eq!(theirs.len() as u64, WRITERS * 25);
        keys.extend(theirs);
    }
    runtime.block_on(check_postgres(&url, &keys));
}
