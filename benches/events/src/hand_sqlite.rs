//! SQLite by hand: one connection that writes, others that read, all on threads that may block; prepared statements.

use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::{Result, anyhow};
use async_trait::async_trait;
use events_harness::{Added, Contestant, Opening};
use rusqlite::Connection;
use uuid::Uuid;

/// The one table.
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    stream   BLOB    NOT NULL,
    version  INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    at       INTEGER NOT NULL DEFAULT (unixepoch()),
    UNIQUE (stream, version)
) STRICT";

/// The connections, and what is done with them.
#[derive(Clone)]
struct Hand {
    path: Arc<str>,
    synchronous: &'static str,
    decodes: bool,
    writer: Arc<Mutex<Connection>>,
    readers: Arc<Mutex<Vec<Connection>>>,
}

/// Each commit is on the disk before it is reported, as with Bloom.
pub fn full(path: String) -> Opening {
    Box::pin(open(path, "FULL", false))
}

/// The same, and each event that is read is decoded.
pub fn decoding(path: String) -> Opening {
    Box::pin(open(path, "FULL", true))
}

/// A power failure may take the last commits.
pub fn normal(path: String) -> Opening {
    Box::pin(open(path, "NORMAL", false))
}

/// Opens the connection that writes.
async fn open(
    path: String,
    synchronous: &'static str,
    decodes: bool,
) -> Result<Arc<dyn Contestant>> {
    let writer = connection(&path, synchronous)?;
    writer.execute_batch(SCHEMA)?;
    let (writer, readers) = (Arc::new(Mutex::new(writer)), Arc::default());
    Ok(Arc::new(Hand { path: path.into(), synchronous, decodes, writer, readers }))
}

/// A connection with the settings of all of them.
fn connection(path: &str, synchronous: &str) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    Ok(connection)
}

/// What the lock guards.
fn held<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>> {
    mutex.lock().map_err(|_| anyhow!("another thread panicked"))
}

impl Hand {
    /// Does some work on a thread that may block.
    async fn away<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || work(&this)).await?
    }

    /// The newest version of a stream, and how many events were read.
    fn load(&self, stream: Uuid) -> Result<(i64, usize)> {
        let kept = held(&self.readers)?.pop();
        let reader = kept.map_or_else(|| connection(&self.path, self.synchronous), Ok)?;
        let loaded = self.load_on(&reader, stream);
        held(&self.readers)?.push(reader);
        loaded
    }

    /// The same on a connection.
    fn load_on(&self, reader: &Connection, stream: Uuid) -> Result<(i64, usize)> {
        const LOAD: &str = "SELECT version, body FROM events WHERE stream = ?1 ORDER BY version";
        let mut load = reader.prepare_cached(LOAD)?;
        let mut rows = load.query([stream.as_bytes().as_slice()])?;
        let (mut version, mut count) = (0, 0);
        while let Some(row) = rows.next()? {
            version = row.get(0)?;
            let body: String = row.get(1)?;
            if self.decodes {
                std::hint::black_box(serde_json::from_str::<Added>(&body)?);
            } else {
                std::hint::black_box(body);
            }
            count += 1;
        }
        Ok((version, count))
    }

    /// Writes the events behind this version.
    fn append(&self, stream: Uuid, version: i64, events: &[Added]) -> Result<()> {
        const APPEND: &str =
            "INSERT INTO events (stream, version, name, body) VALUES (?1, ?2, ?3, ?4)";
        let mut writer = held(&self.writer)?;
        let transaction = writer.transaction()?;
        {
            let mut append = transaction.prepare_cached(APPEND)?;
            for (version, event) in (version + 1..).zip(events) {
                let stream = stream.as_bytes().as_slice();
                append.execute((stream, version, Added::NAME, event.to_json()?))?;
            }
        }
        Ok(transaction.commit()?)
    }
}

#[async_trait]
impl Contestant for Hand {
    async fn append(&self, stream: Uuid, count: usize) -> Result<()> {
        self.away(move |this| {
            let (version, _) = this.load(stream)?;
            let events: Vec<Added> = Added::several(stream, count).collect();
            this.append(stream, version, &events)
        })
        .await
    }

    async fn rehydrate(&self, stream: Uuid) -> Result<usize> {
        Ok(self.away(move |this| this.load(stream)).await?.1)
    }

    async fn catch_up(&self) -> Result<usize> {
        Err(anyhow!("the log is caught up with on PostgreSQL only"))
    }
}
