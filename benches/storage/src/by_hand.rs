//! The same on the drivers alone.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use rusqlite::Connection;
use tokio_postgres::NoTls;

use crate::Bench;

pub fn body(number: u128) -> String {
    let total = number % 10_000;
    let id = format!("{:032x}", number);
    format!(
        "{{\"id\":\"{id}\",\"customer\":\"00000000-0000-0000-0000-000000000007\",\"note\":\"left at the back door, please ring \
         twice and wait\",\"total\":{total},\"at\":\"1970-01-01T00:00:00.000000Z\"}}"
    )
}

fn id(number: u128) -> String {
    format!("{number:032x}")
}

/// What a reader does with a body.
fn decoded(body: &str) {
    std::hint::black_box(serde_json::from_str::<serde_json::Value>(body).expect("it is JSON"));
}

/// One connection that writes, behind a lock, and as many that read as there are threads.
#[derive(Clone)]
pub struct Sqlite {
    writer: Arc<Mutex<Connection>>,
    readers: Arc<Mutex<Vec<Connection>>>,
    path: Arc<Path>,
}

fn connection(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("it opens");
    connection.pragma_update(None, "journal_mode", "WAL").expect("a setting");
    connection.pragma_update(None, "synchronous", "FULL").expect("a setting");
    connection
}

impl Sqlite {
    pub fn open(path: &Path) -> Self {
        let writer = connection(path);
        let schema = "CREATE TABLE orders (id TEXT PRIMARY KEY, version INTEGER, body TEXT) WITHOUT ROWID;
             CREATE TABLE events (position INTEGER PRIMARY KEY, id TEXT, version INTEGER, body TEXT, UNIQUE (id, version));
             CREATE INDEX by_total ON orders (json_extract(body, '$.total'));";
        writer.execute_batch(schema).expect("tables");
        Self { writer: Arc::new(Mutex::new(writer)), readers: Arc::default(), path: path.into() }
    }

    async fn read<F>(&self, work: F)
    where
        F: FnOnce(&Connection) + Send + 'static,
    {
        let this = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let kept = this.readers.lock().expect("a lock").pop();
            let reader = kept.unwrap_or_else(|| connection(&this.path));
            work(&reader);
            this.readers.lock().expect("a lock").push(reader);
        });
        task.await.expect("it reads");
    }
}

impl Bench for Sqlite {
    async fn save(&self, number: u128) {
        let writer = Arc::clone(&self.writer);
        let task = tokio::task::spawn_blocking(move || {
            let (id, body) = (id(number), body(number));
            let mut writer = writer.lock().expect("a lock");
            let transaction = writer.transaction().expect("it begins");
            let insert = "INSERT INTO orders (id, version, body) VALUES (?1, 1, ?2)";
            transaction.prepare_cached(insert).expect("SQL").execute([&id, &body]).expect("a row");
            let append = "INSERT INTO events (id, version, body) VALUES (?1, 1, ?2)";
            transaction.prepare_cached(append).expect("SQL").execute([&id, &body]).expect("a row");
            transaction.commit().expect("it commits");
        });
        task.await.expect("it writes");
    }

    async fn load(&self, number: u128) {
        self.read(move |reader| {
            let mut select =
                reader.prepare_cached("SELECT body FROM orders WHERE id = ?1").expect("SQL");
            let body: String = select.query_row([id(number)], |row| row.get(0)).expect("a row");
            decoded(&body);
        })
        .await;
    }

    async fn page(&self, above: i64) {
        self.read(move |reader| {
            let sql = "SELECT body FROM orders WHERE json_extract(body, '$.total') >= ?1
                       ORDER BY json_extract(body, '$.total'), id LIMIT 51";
            let mut select = reader.prepare_cached(sql).expect("SQL");
            let mut rows = select.query([above]).expect("rows");
            while let Some(row) = rows.next().expect("a row") {
                decoded(&row.get::<_, String>(0).expect("a text"));
            }
        })
        .await;
    }
}

/// A pool, and statements that each connection prepares once.
#[derive(Clone)]
pub struct Postgres(Pool);

/// A schema of its own; the URL that leads to it.
pub async fn scratch(url: &str, schema: &str) -> String {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
    client.batch_execute(&sql).await.expect("a schema");
    format!("{url}?options=-csearch_path%3D{schema}")
}

impl Postgres {
    pub async fn open(url: &str) -> Self {
        let url = scratch(url, "bench_hand").await;
        let config = url.parse().expect("a URL");
        let manager = Manager::from_config(
            config,
            NoTls,
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager).max_size(16).build().expect("a pool");
        let schema = "CREATE TABLE orders (id text COLLATE \"C\" PRIMARY KEY, version bigint, body jsonb);
             CREATE TABLE events (position bigserial PRIMARY KEY, id text, version bigint, body text, UNIQUE (id, version));
             CREATE INDEX by_total ON orders (((body #>> '{total}')::bigint));";
        pool.get().await.expect("a connection").batch_execute(schema).await.expect("tables");
        Self(pool)
    }
}

impl Bench for Postgres {
    async fn save(&self, number: u128) {
        let (id, body) = (id(number), body(number));
        let mut client = self.0.get().await.expect("a connection");
        let insert = "INSERT INTO orders (id, version, body) VALUES ($1, 1, $2::text::jsonb)";
        let insert = client.prepare_cached(insert).await.expect("SQL");
        let append = "INSERT INTO events (id, version, body) VALUES ($1, 1, $2)";
        let append = client.prepare_cached(append).await.expect("SQL");
        let transaction = client.transaction().await.expect("it begins");
        transaction.execute(&insert, &[&id, &body]).await.expect("a row");
        transaction.execute(&append, &[&id, &body]).await.expect("a row");
        transaction.commit().await.expect("it commits");
    }

    async fn load(&self, number: u128) {
        let client = self.0.get().await.expect("a connection");
        let select = client
            .prepare_cached("SELECT body::text FROM orders WHERE id = $1")
            .await
            .expect("SQL");
        let row = client.query_one(&select, &[&id(number)]).await.expect("a row");
        decoded(row.get(0));
    }

    async fn page(&self, above: i64) {
        let client = self.0.get().await.expect("a connection");
        let sql = "SELECT body::text FROM orders WHERE (body #>> '{total}')::bigint >= $1
                   ORDER BY (body #>> '{total}')::bigint, id LIMIT 51";
        let select = client.prepare_cached(sql).await.expect("SQL");
        for row in client.query(&select, &[&above]).await.expect("rows") {
            decoded(row.get(0));
        }
    }

    async fn analyze(&self) {
        self.0
            .get()
            .await
            .expect("a connection")
            .batch_execute("ANALYZE orders; ANALYZE events")
            .await
            .expect("it looks");
    }
}
