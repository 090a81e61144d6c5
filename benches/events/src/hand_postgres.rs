//! PostgreSQL by hand: what a careful person writes on the driver alone. One table, prepared statements, a round trip to load and
//! one to append, where the unique version tells of a conflict; the statement is its own transaction.

use std::sync::Arc;

use anyhow::{Context, Result};
use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use events_harness::{Added, CONNECTIONS, Contestant, Opening, PAGE};
use tokio_postgres::{NoTls, Row};
use uuid::Uuid;

/// The one table.
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream   uuid        NOT NULL,
    version  bigint      NOT NULL,
    name     text        NOT NULL,
    body     text        NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (stream, version)
)";

/// A pool, and whether what is read is decoded.
struct Hand {
    pool: Pool,
    decodes: bool,
}

/// As fast as the driver: what is read is handed over as rows.
pub fn limit(url: String) -> Opening {
    Box::pin(open(url, false))
}

/// The same, and each event that is read is decoded.
pub fn decoding(url: String) -> Opening {
    Box::pin(open(url, true))
}

/// Opens a pool.
async fn open(url: String, decodes: bool) -> Result<Arc<dyn Contestant>> {
    let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(url.parse()?, NoTls, settings);
    let pool = Pool::builder(manager).max_size(CONNECTIONS).build()?;
    pool.get().await?.batch_execute(SCHEMA).await?;
    Ok(Arc::new(Hand { pool, decodes }))
}

impl Hand {
    /// The version and the body of each event of a stream.
    async fn load(&self, client: &Object, stream: Uuid) -> Result<Vec<Row>> {
        const LOAD: &str = "SELECT version, body FROM events WHERE stream = $1 ORDER BY version";
        let load = client.prepare_cached(LOAD).await?;
        let rows = client.query(&load, &[&stream]).await?;
        self.decode(&rows)?;
        Ok(rows)
    }

    /// Does with each body what a reader does, if that is measured.
    fn decode(&self, rows: &[Row]) -> Result<()> {
        if self.decodes {
            for row in rows {
                std::hint::black_box(serde_json::from_str::<Added>(row.try_get("body")?)?);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Contestant for Hand {
    async fn append(&self, stream: Uuid, count: usize) -> Result<()> {
        const ONE: &str =
            "INSERT INTO events (stream, version, name, body) VALUES ($1, $2, $3, $4)";
        const MANY: &str = "INSERT INTO events (stream, version, name, body)
            SELECT $1, $2 + n.nth, $3, n.body FROM unnest($4::text[]) WITH ORDINALITY AS n (body, nth)";
        let client = self.pool.get().await?;
        let loaded = self.load(&client, stream).await?;
        let version: i64 = loaded.last().map_or(Ok(0), |row| row.try_get("version"))?;
        if count == 1 {
            let body = Added::new(stream, 0).to_json()?;
            let append = client.prepare_cached(ONE).await?;
            client.execute(&append, &[&stream, &(version + 1), &Added::NAME, &body]).await?;
        } else {
            let bodies = Added::several(stream, count).map(|event| event.to_json());
            let bodies = bodies.collect::<Result<Vec<_>, _>>()?;
            let append = client.prepare_cached(MANY).await?;
            client.execute(&append, &[&stream, &version, &Added::NAME, &bodies]).await?;
        }
        Ok(())
    }

    async fn rehydrate(&self, stream: Uuid) -> Result<usize> {
        let client = self.pool.get().await?;
        Ok(self.load(&client, stream).await?.len())
    }

    async fn catch_up(&self) -> Result<usize> {
        const NEXT: &str = "SELECT position, stream, version, name, body FROM events
            WHERE position > $1 ORDER BY position LIMIT $2";
        let client = self.pool.get().await?;
        let next = client.prepare_cached(NEXT).await?;
        let limit = i64::try_from(PAGE).context("a small number")?;
        let (mut after, mut count) = (0_i64, 0);
        loop {
            let page = client.query(&next, &[&after, &limit]).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = last.try_get("position")?;
            count += page.len();
            self.decode(&page)?;
        }
    }
}
