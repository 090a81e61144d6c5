//! Building a read model in one part and in several, and the same by hand; and what commits cost while a read model follows the log, or is
//! written with the events. Side by side in one run, in turns, medians of several rounds.
//!
//!     cargo run --release            SQLite, and PostgreSQL if DATABASE_URL names a server, with a database of one's own

mod account;
mod by_hand;

use std::{future::Future, sync::Arc, time::Instant};

use account::{Account, TABLE_SQL, balances};
use bloom_runtime::{
    application::{Events, StorageStore},
    domain::Uuid,
    ports::{Repository, Store, UnitOfWork},
};
use bloom_sql::{Migrations, PostgresStorage, Projections, Projector, SqlStorage, SqliteStorage};

const ROUNDS: usize = 5;
const ACCOUNTS: u128 = 1_000;
const DEPOSITS: i64 = 20;
const PARTS: [u32; 3] = [1, 2, 4];
const CLIENTS: u128 = 8;
const COMMITS: u128 = 250;

fn migrations() -> Migrations {
    Migrations::new().with("0001_balances", TABLE_SQL)
}

fn store<S: SqlStorage>(storage: &Arc<S>) -> StorageStore<S> {
    StorageStore::shared(Arc::clone(storage)).aggregate::<Account>(Events::folded())
}

fn projector<S: SqlStorage>(storage: &Arc<S>, parts: u32) -> Projector<S> {
    Projector::new(storage, Projections::new().with(balances(parts)))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A log of accounts and what was paid into them, one after the other as it would be.
async fn fill<S: SqlStorage>(storage: &Arc<S>) {
    let store = store(storage);
    for first in (0..ACCOUNTS).step_by(100) {
        let mut uow = store.begin().await.expect("it begins");
        for number in first..first + 100 {
            let account = Account::open(Uuid::from_u128(number).into());
            uow.repository().add(account).expect("it is new");
        }
        uow.commit().await.expect("it commits");
    }
    for amount in 1..=DEPOSITS {
        for first in (0..ACCOUNTS).step_by(100) {
            let mut uow = store.begin().await.expect("it begins");
            for number in first..first + 100 {
                deposit(&mut uow, number, amount).await;
            }
            uow.commit().await.expect("it commits");
        }
    }
}

async fn deposit<U: UnitOfWork>(uow: &mut U, number: u128, amount: i64) {
    let id = Uuid::from_u128(number).into();
    let mut account: Account = uow.repository().get(&id).await.expect("it is there");
    account.deposit(amount);
    uow.repository().save(account).expect("it was loaded");
}

/// Events a second.
async fn rebuilt<S: SqlStorage>(storage: &Arc<S>, parts: u32) -> f64 {
    let begun = Instant::now();
    let projector = projector(storage, parts);
    let position = projector.rebuild("balances", |_| {}).await.expect("it is built");
    position.get() as f64 / begun.elapsed().as_secs_f64()
}

/// Commits a second of clients none of whom wants what another has.
async fn commits<S: SqlStorage>(storage: &Arc<S>) -> f64 {
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        let store = store(storage);
        tasks.spawn(async move {
            for turn in 0..COMMITS {
                let mut uow = store.begin().await.expect("it begins");
                deposit(&mut uow, turn % (ACCOUNTS / CLIENTS) * CLIENTS + client, 1).await;
                uow.commit().await.expect("it commits");
            }
        });
    }
    tasks.join_all().await;
    (CLIENTS * COMMITS) as f64 / begun.elapsed().as_secs_f64()
}

/// Three logs that are alike: without a read model, with one that follows, and with one that is written with the events.
struct Logs<S> {
    without: Arc<S>,
    following: Arc<S>,
    inline: Arc<S>,
}

async fn tables<S: SqlStorage, F: Future<Output = f64>>(
    database: &str,
    logs: Logs<S>,
    by_hand: impl Fn() -> F,
) {
    let Logs { without, following, inline } = logs;
    fill(&without).await;
    fill(&following).await;
    let (mut hand, mut parts) = (Vec::new(), PARTS.map(|_| Vec::new()));
    for _ in 0..ROUNDS {
        hand.push(by_hand().await);
        for (figures, parts) in parts.iter_mut().zip(PARTS) {
            figures.push(rebuilt(&following, parts).await);
        }
    }
    let hand = median(hand);
    println!(
        "\n| {database}, building a read model | events a second | to by hand |\n|---|---:|---:|"
    );
    println!("| by hand | {hand:.0} | |");
    for (figures, parts) in parts.into_iter().zip(PARTS) {
        let rate = median(figures);
        println!("| Bloom, parts: {parts} | {rate:.0} | {:.2} |", rate / hand);
    }

    // This one is written so from its first event on.
    fill(&inline).await;
    let running = projector(&following, 1).start();
    let mut figures = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (figures, storage) in figures.iter_mut().zip([&without, &following, &inline]) {
            figures.push(commits(storage).await);
        }
    }
    running.stop().await;
    let [without, following, inline] = figures.map(median);
    println!("\n| {database}, {CLIENTS} clients | commits a second | to none |\n|---|---:|---:|");
    println!("| no read model | {without:.0} | |");
    println!("| one that follows the log | {following:.0} | {:.2} |", following / without);
    println!("| one that is written with the events | {inline:.0} | {:.2} |", inline / without);
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = |name: &str| {
        let path = folder.path().join(name);
        SqliteStorage::migrate(&path, &migrations()).expect("the migrations apply");
        SqliteStorage::open(&path, &migrations()).expect("it opens")
    };
    let with = Projections::new().with(balances(1).inline());
    let logs = Logs {
        without: Arc::new(open("without.db")),
        following: Arc::new(open("following.db")),
        inline: Arc::new(open("inline.db").with_inline(&with)),
    };
    let path = folder.path().join("following.db");
    let hand = || async { by_hand::sqlite(&path) };
    tables("SQLite, WAL, FULL", logs, hand).await;

    let Ok(url) = std::env::var("DATABASE_URL") else {
        println!("\nleft out: PostgreSQL, since DATABASE_URL is not set");
        return;
    };
    let open = async |name: &str| {
        let url = scratch(&url, name).await;
        PostgresStorage::migrate(&url, &migrations()).await.expect("the migrations apply");
        (PostgresStorage::open(&url, &migrations()).await.expect("it opens"), url)
    };
    let (following, of_following) = open("bench_read_model_following").await;
    let logs = Logs {
        without: Arc::new(open("bench_read_model_without").await.0),
        following: Arc::new(following),
        inline: Arc::new(open("bench_read_model_inline").await.0.with_inline(&with)),
    };
    let hand = || by_hand::postgres(&of_following);
    tables("PostgreSQL, synchronous_commit on", logs, hand).await;
}

/// A database of this name, empty, on the server of an address.
async fn scratch(url: &str, name: &str) -> String {
    let (client, connection) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    for sql in
        [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")]
    {
        client.batch_execute(&sql).await.expect("it is made");
    }
    let (server, _) = url.rsplit_once('/').expect("the address names a database");
    format!("{server}/{name}")
}
