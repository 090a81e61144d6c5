//! What is committed in one process is known in another, without anybody looking.

mod postgres_server;

use std::time::Duration;

use bloom_runtime::{
    application::{Append, ProposedEvent, StorageStore},
    ports::{Expected, Position, Storage},
};
use bloom_sql::{Migrations, PostgresStorage};
use tokio::sync::watch;

async fn opened(url: &str) -> StorageStore<PostgresStorage> {
    let storage = PostgresStorage::open(url, &Migrations::new()).await.expect("it opens");
    StorageStore::new(storage)
}

async fn append(store: &StorageStore<PostgresStorage>) -> Position {
    let events = store.event_store().await.expect("no tenants");
    let read = ProposedEvent::new("read", 1, &1).expect("JSON");
    let append = Append::to("meter", "m1", Expected::Any).event(read);
    events.append(append).await.expect("it is appended").position
}

async fn told(heads: &mut watch::Receiver<Position>, position: Position) {
    let told = heads.wait_for(|newest| *newest >= position);
    let told = tokio::time::timeout(Duration::from_secs(30), told).await;
    told.expect("somebody tells").expect("the storage is open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_processes_are_told() {
    let Some(url) = postgres_server::new_database().await else { return };
    PostgresStorage::migrate(&url, &Migrations::new()).await.expect("the migrations apply");
    let (writing, reading) = (opened(&url).await, opened(&url).await);
    let early = append(&writing).await;
    // What was there before anybody listened, what comes then, and what comes while nobody is heard.
    let mut heads = reading.storage().appended();
    told(&mut heads, early).await;
    for _ in 0..3 {
        told(&mut heads, append(&writing).await).await;
    }
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    postgres_server::run(&url, sql).await;
    for _ in 0..3 {
        told(&mut heads, append(&writing).await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_schema_is_not_told() {
    let Some(url) = postgres_server::new_database().await else { return };
    let mut stores = Vec::new();
    for schema in ["one", "two"] {
        postgres_server::run(&url, &format!("CREATE SCHEMA {schema}")).await;
        let url = format!("{url}?options=-csearch_path%3D{schema}");
        PostgresStorage::migrate(&url, &Migrations::new()).await.expect("the migrations apply");
        stores.extend([opened(&url).await, opened(&url).await]);
    }
    let (mut mine, theirs) = (stores[1].storage().appended(), stores[3].storage().appended());
    for _ in 0..3 {
        let position = append(&stores[0]).await;
        told(&mut mine, position).await;
    }
    assert_eq!(*theirs.borrow(), Position::START, "it listens to others' events");
}
