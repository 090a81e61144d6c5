//! A transaction that stays open passes nobody by: whoever reads meanwhile sees no event behind a hole, and whoever writes meanwhile is
//! behind it or fails, but is never lost.

mod postgres_server;

use std::{sync::Arc, time::Duration};

use bloom_runtime::{
    application::{Append, ProposedEvent, StorageStore},
    ports::{EventLog, Expected, Position, RecordedEvent},
};
use bloom_sql::{Migrations, PostgresStorage, tokio_postgres};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// Everything of a commit but its end, as Bloom asks it of the server.
const STAGE: &str = "SELECT bloom_stage(
    '{\"\"}', '{meter}', '{held}', '{0}', '{1}', '{f}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
    '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')";
const APPEND: &str =
    "SELECT bloom_append('{\"\"}', '{meter}', '{held}', '{1}', '{read}', '{1}', '{1}',
    '{00000000-0000-0000-0000-000000000001}', '{0}', '{null}', '{}', '{}')";

/// How far the transaction is when it stalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stall {
    /// It has a number of its own, and has written something else.
    Begun,
    /// Its stream is locked.
    Staged,
    /// Its event has a place.
    Appended,
}

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Commit,
    RollBack,
    /// The server ends its session.
    Terminated,
}

/// One that reads all the time, from the place where it is, and asserts that each position is the one before plus one.
fn reader(
    storage: Arc<PostgresStorage>,
    mut enough: watch::Receiver<u64>,
) -> JoinHandle<Vec<RecordedEvent>> {
    tokio::spawn(async move {
        let mut seen: Vec<RecordedEvent> = Vec::new();
        loop {
            let after = seen.last().map_or(Position::START, |event| event.position);
            for event in storage.read(after, 3).await.expect("the log is read") {
                let last = seen.last().map_or(Position::START, |event| event.position);
                assert_eq!(event.position, last.next(), "an event was passed by");
                seen.push(event);
            }
            let wanted = *enough.borrow_and_update();
            if seen.len() as u64 >= wanted {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
}

async fn append(
    store: &StorageStore<PostgresStorage>,
    id: String,
) -> Result<Position, bloom_runtime::ports::StoreError> {
    let events = store.event_store().await?;
    let read = ProposedEvent::new("read", 1, &id)?;
    Ok(events.append(Append::to("meter", id, Expected::None).event(read)).await?.position)
}

/// Waits until so many sessions of the database wait for a lock.
async fn waiting(client: &tokio_postgres::Client, count: i64) {
    let sql = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..2_000 {
        let row = client.query_one(sql, &[]).await.expect("the server says who waits");
        if row.get::<_, i64>(0) >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("nobody waits for the one that is held open");
}

async fn held_open(stall: Stall, end: End) {
    let Some(url) = postgres_server::new_database().await else { return };
    let migrations = Migrations::new();
    PostgresStorage::migrate(&url, &migrations).await.expect("the migrations apply");
    // Two processes, as far as the server can tell: each has its own connections and its own queue.
    let mut stores = Vec::new();
    for _ in 0..2 {
        let storage = PostgresStorage::open(&url, &migrations).await.expect("the database opens");
        stores.push(StorageStore::new(storage));
    }
    let (held, connection) =
        tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("the server answers");
    let session = tokio::spawn(connection);
    let (watching, other) =
        tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("the server answers");
    tokio::spawn(other);

    let (enough, wanted) = watch::channel(u64::MAX);
    let readers: Vec<_> = (0..4)
        .map(|number: usize| reader(Arc::clone(stores[number % 2].storage()), wanted.clone()))
        .collect();

    held.batch_execute("CREATE TABLE notes (note text); BEGIN; INSERT INTO notes VALUES ('early')")
        .await
        .expect("it begins");
    if stall != Stall::Begun {
        held.batch_execute(STAGE).await.expect("it is staged");
    }
    if stall == Stall::Appended {
        held.batch_execute(APPEND).await.expect("it is appended");
    }
    let mut writing = JoinSet::new();
    for (process, store) in stores.iter().enumerate() {
        for number in 0..5 {
            let store = store.clone();
            writing.spawn(async move { append(&store, format!("{process}-{number}")).await });
        }
    }
    if stall == Stall::Appended {
        waiting(&watching, 2).await;
        assert_eq!(stores[0].storage().head().await.expect("a head"), Position::START);
    } else {
        // Nobody has to wait for what has no place yet, however long it is open.
        while let Some(written) = writing.join_next().await {
            written.expect("no panic").expect("it is appended");
        }
    }
    let mut committed = 10;
    match end {
        End::Commit => {
            if stall == Stall::Begun {
                held.batch_execute(STAGE).await.expect("it is staged");
            }
            if stall != Stall::Appended {
                held.batch_execute(APPEND).await.expect("it is appended");
            }
            held.batch_execute("COMMIT").await.expect("it is committed");
            committed += 1;
        }
        End::RollBack => held.batch_execute("ROLLBACK").await.expect("it is undone"),
        End::Terminated => {
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND state = 'idle in transaction'";
            watching.batch_execute(sql).await.expect("the session is ended");
            session.await.expect("no panic").expect_err("the session has ended");
        }
    }
    while let Some(written) = writing.join_next().await {
        written.expect("no panic").expect("it is appended once nobody is before it");
    }
    enough.send_replace(committed);
    let mut seen = Vec::new();
    for reader in readers {
        let read = tokio::time::timeout(Duration::from_secs(30), reader).await;
        seen.push(read.expect("the reader sees everything").expect("no event was passed by"));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "two readers saw different things");
    assert_eq!(seen[0].len() as u64, committed, "{stall:?} {end:?}");
    let is_there = seen[0].iter().any(|event| event.stream.id == "held");
    assert_eq!(is_there, end == End::Commit);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_stalls_is_passed_by_nobody() {
    for stall in [Stall::Begun, Stall::Staged, Stall::Appended] {
        for end in [End::Commit, End::RollBack, End::Terminated] {
            held_open(stall, end).await;
        }
    }
}
