//! The database held by one unit of work: its statements run on the writer's thread, in a transaction that stays open.

use std::sync::{Arc, atomic::Ordering};

use bloom_runtime::{
    application::conceal,
    ports::{
        Batch, Committed, DocumentQuery, DocumentRow, EventLog, EventSelection, InteractiveStorage,
        Outcome, OutdatedDocument, Position, RecordedEvent, ReshapedDocument, Selection, Storage,
        StoreError, StoredDocument, StreamId, StreamSlice, TakeDocument,
    },
};
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::{
    connection::roll_back,
    error::store_error,
    events,
    open::{Job, LONGEST, Turn},
    read,
    storage::SqliteStorage,
    work, write,
    writer::notify,
};
use crate::{subjects, work::SqlWork};

/// A [`SqliteStorage`] into which nobody else writes while this lives, for half a minute at most.
pub struct HeldSqlite {
    storage: SqliteStorage,
    turn: Turn,
}

impl InteractiveStorage for SqliteStorage {
    type Held = HeldSqlite;

    async fn hold(&self) -> Result<HeldSqlite, StoreError> {
        Ok(HeldSqlite { turn: self.hold_writer().await?, storage: self.clone() })
    }
}

impl HeldSqlite {
    async fn ask<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let lost = || StoreError::Unavailable {
            reason: format!(
                "the unit of work was open for longer than {LONGEST:?}, or was committed"
            ),
            source: None,
        };
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = work::still_open(connection).and_then(|()| work(connection));
            drop(answer.send(result));
        });
        self.turn.send(job).map_err(|_| lost())?;
        answered.await.map_err(|_| lost())?
    }

    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.ask(move |connection| work(connection).map_err(store_error)).await
    }
}

/// What is read goes to the one who asked, since the thread that writes runs nothing of others.
fn kept(row: DocumentRow<'_>) -> Result<StoredDocument, StoreError> {
    Ok(row.to_document())
}

/// Writes everything and commits; the new head, if it moved.
fn commit(
    connection: &mut Connection,
    views: &write::Views,
    batch: &Batch,
    work: &[SqlWork],
) -> Result<Option<Position>, StoreError> {
    let start = events::whole_head(connection).map_err(store_error)?;
    let head = write::unit(connection, views, batch, work, &start)?;
    if head != start.position {
        write::head(connection, head).map_err(store_error)?;
    }
    connection.execute_batch("COMMIT").map_err(store_error)?;
    Ok((head != start.position).then_some(head))
}

impl EventLog for HeldSqlite {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        let events = self.read(move |connection| events::log(connection, after, limit)).await?;
        self.storage.revealed(events).await
    }

    async fn read_slice(
        &self,
        stream: &StreamId,
        slice: StreamSlice,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let stream = stream.clone();
        let events = self.read(move |connection| events::slice(connection, &stream, slice)).await?;
        self.storage.revealed(events).await
    }

    async fn select(&self, selection: EventSelection) -> Result<Vec<RecordedEvent>, StoreError> {
        let events = self.read(move |connection| events::select(connection, &selection)).await?;
        self.storage.revealed(events).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.read(events::head).await
    }
}

impl Storage for HeldSqlite {
    type Work = SqlWork;

    async fn one_document<T: Send + 'static>(
        &self,
        table: &str,
        stream: &StreamId,
        mut take: TakeDocument<T>,
    ) -> Result<Option<T>, StoreError> {
        let (table, tenant, id) = (table.to_owned(), stream.tenant.clone(), stream.id.clone());
        let work =
            move |connection: &mut _| read::one_document(connection, &table, &tenant, &id, kept);
        self.ask(work).await?.map(|document| take(document.as_row())).transpose()
    }

    async fn each_document<T: Send + 'static>(
        &self,
        query: DocumentQuery,
        mut take: TakeDocument<T>,
    ) -> Result<Vec<T>, StoreError> {
        let work = move |connection: &mut _| read::each_document(connection, &query, kept);
        self.ask(work).await?.iter().map(|document| take(document.as_row())).collect()
    }

    async fn count(&self, selection: Selection) -> Result<u64, StoreError> {
        self.read(move |connection| read::count(connection, &selection)).await
    }

    async fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let (tenant, aggregate) = (tenant.to_owned(), aggregate.to_owned());
        let after = after.map(ToOwned::to_owned);
        self.read(move |connection| {
            read::stream_ids(connection, &tenant, &aggregate, after.as_deref(), limit)
        })
        .await
    }

    async fn commit(&self, batch: Batch, work: Arc<[SqlWork]>) -> Result<Committed, StoreError> {
        let views = Arc::clone(self.storage.views());
        let position = self
            .ask(move |connection| {
                commit(connection, &views, &batch, &work).inspect_err(|_| roll_back(connection))
            })
            .await?;
        if let Some(position) = position {
            notify(self.storage.newest(), position);
        }
        Ok(Committed { position })
    }

    async fn outdated(
        &self,
        table: &'static str,
        shape: u32,
        limit: usize,
    ) -> Result<Vec<OutdatedDocument>, StoreError> {
        self.storage.outdated(table, shape, limit).await
    }

    async fn reshape(
        &self,
        table: &'static str,
        documents: Vec<ReshapedDocument>,
    ) -> Result<u64, StoreError> {
        self.storage.reshape(table, documents).await
    }

    fn accompany(&self, batch: &Batch, work: Arc<[SqlWork]>) -> Result<Arc<[SqlWork]>, StoreError> {
        self.storage.accompany(batch, work)
    }

    async fn conceal(&self, batch: Batch) -> Result<Batch, StoreError> {
        let people = batch.subjects();
        if people.is_empty() {
            return Ok(batch);
        }
        let cipher = &**self.storage.cipher().ok_or(StoreError::NoCipher)?;
        let wanted = people.clone();
        let mut keys = self.read(move |connection| events::keys(connection, &wanted)).await?;
        let lacking = keys.lacking(&people);
        if !lacking.is_empty() {
            // In the transaction that is held: nobody else could write.
            let made = subjects::new_keys(cipher, lacking)?;
            self.ask(move |connection| work::run(connection, &made)).await?;
            keys = self.read(move |connection| events::keys(connection, &people)).await?;
        }
        conceal(Some(cipher), &keys, batch)
    }

    async fn forget_key(&self, tenant: &str, subject: &str) -> Result<bool, StoreError> {
        let (work, was_there) = subjects::forget_key(tenant, subject);
        self.ask(move |connection| work::run(connection, &work)).await?;
        Ok(was_there.load(Ordering::Relaxed))
    }

    async fn outcome(&self, tenant: &str, key: &str) -> Result<Option<Outcome>, StoreError> {
        let (tenant, key) = (tenant.to_owned(), key.to_owned());
        self.read(move |connection| read::outcome(connection, &tenant, &key)).await
    }

    fn appended(&self) -> watch::Receiver<Position> {
        self.storage.appended()
    }
}
