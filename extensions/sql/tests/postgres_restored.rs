//! A log that was dumped on one server and restored on another goes on where it was: positions and cursors mean the same there.

mod postgres_server;

use std::process::{Command, Stdio};

use bloom_runtime::{
    application::{Documents, StorageStore},
    domain::Uuid,
    ports::{Cursors, EventLog, Position, Repository, Store, UnitOfWork},
    testing::conformance::{Account, TABLE},
};
use bloom_sql::{Migrations, PostgresStorage, migration::postgres_documents};

fn migrations() -> Migrations {
    Migrations::new().with("0001_accounts", postgres_documents(TABLE))
}

async fn open(url: &str) -> StorageStore<PostgresStorage> {
    let storage = PostgresStorage::open(url, &migrations()).await.expect("it opens");
    StorageStore::new(storage).aggregate::<Account>(Documents::in_table(TABLE))
}

async fn add(store: &StorageStore<PostgresStorage>, number: u128) -> Option<Position> {
    let mut account = Account::open(Uuid::from_u128(number).into(), &format!("owner {number}"));
    account.deposit(1);
    let mut uow = store.begin().await.expect("it begins");
    uow.repository().add(account).expect("it is queued");
    uow.commit().await.expect("it commits").position
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_goes_on_where_it_was() {
    let Some(url) = postgres_server::new_database().await else { return };
    let Some(elsewhere) = postgres_server::new_database().await else { return };
    PostgresStorage::migrate(&url, &migrations()).await.expect("the migrations apply");
    let store = open(&url).await;
    for number in 1..=50 {
        add(&store, number).await;
    }
    store.storage().save_cursor("mailer", Position::new(37)).await.expect("it is kept");
    let events = store.storage().read(Position::START, 1_000).await.expect("the log");

    let dump = Command::new("pg_dump").arg(&url).stdout(Stdio::piped()).spawn();
    let mut dump = match dump {
        Ok(dump) => dump,
        Err(error) => {
            assert!(std::env::var_os("BLOOM_EVERY_TEST").is_none(), "pg_dump: {error}");
            return;
        }
    };
    let text = dump.stdout.take().expect("it was asked for");
    let restored = Command::new("psql")
        .args(["--quiet", "--set", "ON_ERROR_STOP=1", &elsewhere])
        .stdin(text)
        .stdout(Stdio::null())
        .status()
        .expect("psql runs");
    assert!(restored.success() && dump.wait().expect("it ends").success());

    let store = open(&elsewhere).await;
    let storage = store.storage();
    assert_eq!(storage.read(Position::START, 1_000).await.expect("the log"), events);
    assert_eq!(storage.cursor("mailer").await.expect("it is kept"), Position::new(37));
    assert_eq!(add(&store, 51).await, Some(Position::new(102)));
    let all = storage.read(Position::START, 1_000).await.expect("the log");
    assert!(all.iter().zip(1..).all(|(event, number)| event.position == Position::new(number)));
    // The unique values have come along.
    let mut uow = store.begin().await.expect("it begins");
    uow.repository().add(Account::open(Uuid::from_u128(60).into(), "owner 7")).expect("queued");
    uow.commit().await.expect_err("another account has this owner");
}
