//! Saving, loading and listing through Bloom, and the same by hand on the same drivers, side by side in one run.
//!
//!     cargo run --release            SQLite, and PostgreSQL if DATABASE_URL names a server
//!
//! By hand means what a careful person writes for the same promise: an event and a document in one transaction, the version
//! compared, statements prepared. It has no log without holes, no unique keys and no idempotent commands.
//! On PostgreSQL Diesel stands beside both, used as an ORM is: a struct, its columns, a transaction.

mod by_hand;
mod order;
mod orm;

use std::{future::Future, time::Instant};

use bloom_runtime::{
    application::{Documents, StorageStore},
    domain::Uuid,
    ports::{PageRequest, Repository, Storage, Store, UnitOfWork},
};
use bloom_sql::{Migrations, PostgresStorage, SqlUnitOfWork, SqlWork, SqliteStorage, migration};
use order::{Order, TABLE};

const ROUNDS: usize = 5;

/// What is measured, on Bloom and by hand.
pub trait Bench: Clone + Send + Sync + 'static {
    fn save(&self, number: u128) -> impl Future<Output = ()> + Send;
    fn load(&self, number: u128) -> impl Future<Output = ()> + Send;
    fn page(&self, above: i64) -> impl Future<Output = ()> + Send;
    /// Lets a server look at what it has, as it would by itself after a while; SQLite never does.
    fn analyze(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// Bloom, and the statement that looks at its tables.
struct Bloom<S>(StorageStore<S>);

impl<S> Clone for Bloom<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Storage<Work = SqlWork>> Bench for Bloom<S> {
    async fn save(&self, number: u128) {
        let mut uow = self.0.begin().await.expect("it begins");
        let total = i64::try_from(number % 10_000).expect("small");
        uow.repository().add(Order::open(Uuid::from_u128(number).into(), total)).expect("it fits");
        uow.commit().await.expect("it commits");
    }

    async fn load(&self, number: u128) {
        let mut uow = self.0.begin().await.expect("it begins");
        let order: Order =
            uow.repository().get(&Uuid::from_u128(number).into()).await.expect("it is there");
        std::hint::black_box(order);
    }

    async fn page(&self, above: i64) {
        let mut uow = self.0.begin().await.expect("it begins");
        let spec = Order::fields().total.ge(above);
        let request = PageRequest::first(50).sort(Order::fields().total.asc());
        let page = uow.repository::<Order>().find(&spec, request).await.expect("it finds");
        std::hint::black_box(page.items.len());
    }

    async fn analyze(&self) {
        let mut uow = self.0.begin().await.expect("it begins");
        uow.execute("ANALYZE", vec![]);
        uow.commit().await.expect("it looks");
    }
}

/// Operations a second, of `clients` at once.
async fn rate<F: Future<Output = ()> + Send + 'static>(
    clients: u128,
    each: u128,
    work: impl Fn(u128) -> F + Clone + Send + 'static,
) -> f64 {
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let work = work.clone();
        tasks.spawn(async move {
            for turn in 0..each {
                work(client * each + turn).await;
            }
        });
    }
    tasks.join_all().await;
    (clients * each) as f64 / start.elapsed().as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// One row of the table: both in turn, several rounds.
async fn row<A: Bench, B: Bench, C: Bench>(
    what: &str,
    (bloom, hand, orm): (&A, &B, Option<&C>),
    kind: Kind,
) {
    let (mut ours, mut theirs, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        ours.push(measured(bloom.clone(), kind, round).await);
        theirs.push(measured(hand.clone(), kind, round).await);
        if let Some(orm) = orm {
            others.push(measured(orm.clone(), kind, round).await);
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let other = if others.is_empty() {
        String::new()
    } else {
        let other = median(others);
        format!(" {other:.0} | {:.2} |", ours / other)
    };
    println!("| {what} | {ours:.0} | {theirs:.0} | {:.2} |{other}", ours / theirs);
}

#[derive(Clone, Copy)]
enum Kind {
    Save { clients: u128, each: u128, from: u128 },
    Load,
    Page,
}

async fn measured<B: Bench>(bench: B, kind: Kind, round: usize) -> f64 {
    match kind {
        Kind::Save { clients, each, from } => {
            let first = from + round as u128 * clients * each;
            rate(clients, each, move |number| {
                let bench = bench.clone();
                async move { bench.save(first + number).await }
            })
            .await
        }
        Kind::Load => {
            rate(8, 2_000, move |number| {
                let bench = bench.clone();
                async move { bench.load(1_000_000 + number % 1_500).await }
            })
            .await
        }
        Kind::Page => {
            rate(4, 1_000, move |number| {
                let bench = bench.clone();
                let above = i64::try_from(number * 7 % 1_400).expect("small");
                async move { bench.page(above).await }
            })
            .await
        }
    }
}

async fn table<A: Bench, B: Bench, C: Bench>(database: &str, bloom: A, hand: B, orm: Option<C>) {
    let (names, lines) = if orm.is_some() { (" Diesel | ratio |", "---|---|") } else { ("", "") };
    println!(
        "\n| {database}, operations a second | Bloom | by hand | ratio |{names}\n|---|---|---|---|{lines}"
    );
    let save = |clients, each, from| Kind::Save { clients, each, from };
    let all = (&bloom, &hand, orm.as_ref());
    row("save, 1 client", all, save(1, 1_000, 1_000_000)).await;
    row("save, 8 clients", all, save(8, 250, 2_000_000)).await;
    row("save, 32 clients", all, save(32, 100, 3_000_000)).await;
    // An ORM stands beside the server alone.
    if let Some(orm) = &orm {
        bloom.analyze().await;
        hand.analyze().await;
        orm.analyze().await;
    }
    row("load one, 8 clients", all, Kind::Load).await;
    row("a page of 50, sorted, 4 clients", all, Kind::Page).await;
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = "CREATE INDEX by_total ON orders (json_extract(body, '$.\"total\"'), id)";
    let migrations = Migrations::new().with("1", migration::documents(TABLE)).with("2", index);
    let path = folder.path().join("bloom.db");
    SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
    let storage = SqliteStorage::open(&path, &migrations).expect("it opens");
    let bloom = Bloom(StorageStore::new(storage).aggregate::<Order>(Documents::in_table(TABLE)));
    table(
        "SQLite, WAL, FULL",
        bloom,
        by_hand::Sqlite::open(&folder.path().join("hand.db")),
        None::<orm::Diesel>,
    )
    .await;

    let Ok(url) = std::env::var("DATABASE_URL") else {
        println!("\nleft out: PostgreSQL, since DATABASE_URL is not set");
        return;
    };
    let hand = by_hand::Postgres::open(&url).await;
    let orm = orm::Diesel::open(&url).await;
    let url = by_hand::scratch(&url, "bench_bloom").await;
    let index =
        "CREATE INDEX by_total ON orders (tenant, ((body #>> '{total}')::bigint) NULLS FIRST, id)";
    let migrations =
        Migrations::new().with("1", migration::postgres_documents(TABLE)).with("2", index);
    PostgresStorage::migrate(&url, &migrations).await.expect("the migrations apply");
    let storage = PostgresStorage::open(&url, &migrations).await.expect("it opens");
    let bloom = Bloom(StorageStore::new(storage).aggregate::<Order>(Documents::in_table(TABLE)));
    table("PostgreSQL, synchronous_commit on", bloom, hand, Some(orm)).await;
}
