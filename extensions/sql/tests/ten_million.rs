//! Reading ten million events takes as much memory as reading a thousand. Part of the long tier: `BLOOM_SOAK=1`.

mod postgres_server;

use bloom_runtime::ports::{EventLog, Position};
use bloom_sql::{Migrations, PostgresStorage, SqliteStorage, rusqlite};

const EVENTS: u64 = 10_000_000;
const PAGE: usize = 1_000;
/// What may be added to the memory of the process meanwhile, in bytes.
const ROOM: u64 = 48 * 1024 * 1024;

fn is_wanted() -> bool {
    std::env::var_os("BLOOM_SOAK").is_some()
}

/// The memory of this process that is in use, in bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it is there");
    let kibibytes = line.split_whitespace().nth(1).expect("a number");
    kibibytes.parse::<u64>().expect("a number") * 1024
}

/// Reads all of it as a follower does, each position the one before plus one.
async fn reads_all(storage: &impl EventLog) {
    let (mut position, mut warm) = (Position::START, 0);
    loop {
        let events = storage.read(position, PAGE).await.expect("the log");
        if events.is_empty() {
            break;
        }
        for event in &events {
            assert_eq!(event.position, position.next());
            position = event.position;
        }
        if position.get() == 100 * PAGE as u64 {
            warm = memory();
        }
    }
    assert_eq!(position.get(), EVENTS);
    let grown = memory().saturating_sub(warm);
    assert!(grown < ROOM, "{grown} bytes more than after the first pages");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    if !is_wanted() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("many.db");
    SqliteStorage::migrate(&path, &Migrations::new()).expect("the migrations apply");
    let connection = rusqlite::Connection::open(&path).expect("it opens");
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = OFF;
             WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {EVENTS})
             INSERT INTO bloom_events (position, tenant, aggregate, id, version, name, revision, body, event_id, at)
             SELECT n, '', 'meter', 'm' || (n / 1000), n % 1000 + 1, 'meter.read', 1, '{{\"kwh\":' || n || '}}', randomblob(16), n
             FROM numbers;
             UPDATE bloom_head SET position = {EVENTS};"
        ))
        .expect("they are written");
    drop(connection);
    let storage = SqliteStorage::open(&path, &Migrations::new()).expect("it opens");
    reads_all(&storage).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    if !is_wanted() {
        return;
    }
    let Some(url) = postgres_server::new_database().await else { return };
    PostgresStorage::migrate(&url, &Migrations::new()).await.expect("the migrations apply");
    let fill = format!(
        "INSERT INTO bloom_events (position, tenant, aggregate, id, version, name, revision, body, event_id, at)
         SELECT n, '', 'meter', 'm' || (n / 1000), n % 1000 + 1, 'meter.read', 1, '{{\"kwh\":' || n || '}}', gen_random_uuid(), n
         FROM generate_series(1, {EVENTS}) AS n;
         UPDATE bloom_head SET position = {EVENTS}; ANALYZE bloom_events;"
    );
    postgres_server::run(&url, &fill).await;
    let storage = PostgresStorage::open(&url, &Migrations::new()).await.expect("it opens");
    reads_all(&storage).await;
    drop(storage);
    let (server, name) = url.rsplit_once('/').expect("a URL names a database");
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    postgres_server::run(&format!("{server}/postgres"), &drop).await;
}
