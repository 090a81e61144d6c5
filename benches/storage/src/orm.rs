//! The same through Diesel, on PostgreSQL: its SQLite driver links another version of SQLite, and no program can hold both.

use diesel::prelude::*;
use diesel_async::{
    AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    pooled_connection::{AsyncDieselConnectionManager, deadpool::Pool},
};

use crate::Bench;

diesel::table! {
    orders (id) {
        id -> Text,
        version -> BigInt,
        customer -> Text,
        note -> Text,
        total -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    events (id, version) {
        id -> Text,
        version -> BigInt,
        body -> Text,
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = orders)]
struct Order {
    id: String,
    version: i64,
    customer: String,
    note: String,
    total: i64,
    at: i64,
}

#[derive(Insertable)]
#[diesel(table_name = events)]
struct Event {
    id: String,
    version: i64,
    body: String,
}

/// Columns instead of a document, and the event beside it.
#[derive(Clone)]
pub struct Diesel(Pool<AsyncPgConnection>);

impl Diesel {
    pub async fn open(url: &str) -> Self {
        let url = crate::by_hand::scratch(url, "bench_orm").await;
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
        let pool = Pool::builder(manager).max_size(16).build().expect("a pool");
        let schema = "CREATE TABLE orders (id text COLLATE \"C\" PRIMARY KEY, version bigint NOT NULL, customer text NOT NULL,
                 note text NOT NULL, total bigint NOT NULL, at bigint NOT NULL);
             CREATE TABLE events (position bigserial PRIMARY KEY, id text NOT NULL, version bigint NOT NULL, body text NOT NULL,
                 UNIQUE (id, version));
             CREATE INDEX by_total ON orders (total, id);";
        pool.get().await.expect("a connection").batch_execute(schema).await.expect("tables");
        Self(pool)
    }
}

fn order(number: u128) -> Order {
    Order {
        id: format!("{number:032x}"),
        version: 1,
        customer: "00000000-0000-0000-0000-000000000007".to_owned(),
        note: "left at the back door, please ring twice and wait".to_owned(),
        total: i64::try_from(number % 10_000).expect("small"),
        at: 0,
    }
}

impl Bench for Diesel {
    async fn save(&self, number: u128) {
        let order = order(number);
        let event = Event { id: order.id.clone(), version: 1, body: crate::by_hand::body(number) };
        let mut connection = self.0.get().await.expect("a connection");
        let saved = connection.transaction::<_, diesel::result::Error, _>(async |connection| {
            diesel::insert_into(orders::table).values(&order).execute(connection).await?;
            diesel::insert_into(events::table).values(&event).execute(connection).await?;
            Ok(())
        });
        saved.await.expect("it commits");
    }

    async fn load(&self, number: u128) {
        let mut connection = self.0.get().await.expect("a connection");
        let found = orders::table.find(format!("{number:032x}")).first::<Order>(&mut connection);
        std::hint::black_box(found.await.expect("it is there").note);
    }

    async fn page(&self, above: i64) {
        let mut connection = self.0.get().await.expect("a connection");
        let page = orders::table
            .filter(orders::total.ge(above))
            .order((orders::total, orders::id))
            .limit(51)
            .load::<Order>(&mut connection);
        let page = page.await.expect("it finds");
        std::hint::black_box(page.iter().map(|order| order.total + order.at).sum::<i64>());
    }

    async fn analyze(&self) {
        let mut connection = self.0.get().await.expect("a connection");
        connection.batch_execute("ANALYZE orders; ANALYZE events").await.expect("it looks");
    }
}
