//! The database with some aggregates held by one unit of work.

use std::sync::{Arc, atomic::Ordering};

use bloom_runtime::{
    application::{conceal, reveal, subjects_of},
    ports::{
        Batch, Committed, DocumentQuery, EventLog, EventSelection, InteractiveStorage, Outcome,
        OutdatedDocument, Position, RecordedEvent, ReshapedDocument, Selection, Storage,
        StoreError, StreamId, StreamSlice, TakeDocument,
    },
};
use tokio::sync::{Mutex, watch};

use super::{events, open::Open, pool::Whose, read, storage::PostgresStorage, work};
use crate::{subjects, work::SqlWork};

/// A [`PostgresStorage`] in which nobody else writes the aggregates that were loaded while this lives.
pub struct HeldPostgres {
    storage: PostgresStorage,
    open: Mutex<Option<Open>>,
}

impl InteractiveStorage for PostgresStorage {
    type Held = HeldPostgres;

    async fn hold(&self) -> Result<HeldPostgres, StoreError> {
        let open = Mutex::new(Some(Open::hold(self.connections()).await?));
        Ok(HeldPostgres { storage: self.clone(), open })
    }
}

fn ended() -> StoreError {
    StoreError::Unavailable { reason: "the unit of work was committed".to_owned(), source: None }
}

/// Runs a statement in the open transaction.
macro_rules! ask {
    ($self:ident, $whose:expr, |$client:ident| $statements:expr) => {{
        let open = $self.open.lock().await;
        let $client = open.as_ref().ok_or_else(ended)?.client()?;
        $self.storage.connections().secure($client, $whose).await?;
        $statements
    }};
}

impl HeldPostgres {
    /// The events with what is personal in them decrypted, on the connection that is held.
    async fn revealed(
        &self,
        mut events: Vec<RecordedEvent>,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let people = subjects_of(&events);
        if !people.is_empty() {
            let keys = ask!(self, Whose::All, |client| events::keys(client, &people).await)?;
            reveal(self.storage.cipher().map(|cipher| &**cipher), &keys, &mut events)?;
        }
        Ok(events)
    }
}

impl EventLog for HeldPostgres {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        let events = ask!(self, Whose::All, |client| events::log(client, after, limit).await)?;
        self.revealed(events).await
    }

    async fn read_slice(
        &self,
        stream: &StreamId,
        slice: StreamSlice,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let events = ask!(self, Whose::One(&stream.tenant), |client| {
            read::hold(client, stream).await?;
            events::slice(client, stream, slice).await
        })?;
        self.revealed(events).await
    }

    async fn select(&self, selection: EventSelection) -> Result<Vec<RecordedEvent>, StoreError> {
        let whose = selection.tenant.as_deref().map_or(Whose::All, Whose::One);
        let events = ask!(self, whose, |client| events::select(client, &selection).await)?;
        self.revealed(events).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        ask!(self, Whose::All, |client| events::head(client).await)
    }
}

impl Storage for HeldPostgres {
    type Work = SqlWork;

    async fn one_document<T: Send + 'static>(
        &self,
        table: &str,
        stream: &StreamId,
        take: TakeDocument<T>,
    ) -> Result<Option<T>, StoreError> {
        ask!(self, Whose::One(&stream.tenant), |client| {
            read::hold(client, stream).await?;
            read::one_document(client, table, stream, take).await
        })
    }

    async fn each_document<T: Send + 'static>(
        &self,
        query: DocumentQuery,
        take: TakeDocument<T>,
    ) -> Result<Vec<T>, StoreError> {
        ask!(self, Whose::One(&query.of.tenant), |client| {
            read::each_document(client, &query, take).await
        })
    }

    async fn count(&self, selection: Selection) -> Result<u64, StoreError> {
        ask!(self, Whose::One(&selection.tenant), |client| read::count(client, &selection).await)
    }

    async fn stream_ids(
        &self,
        tenant: &str,
        aggregate: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        ask!(self, Whose::One(tenant), |client| read::stream_ids(
            client, tenant, aggregate, after, limit
        )
        .await)
    }

    async fn commit(&self, batch: Batch, work: Arc<[SqlWork]>) -> Result<Committed, StoreError> {
        let open = self.open.lock().await.take().ok_or_else(ended)?;
        let whose = Whose::One(&batch.tenant);
        self.storage.connections().secure(open.client()?, whose).await?;
        let committed = open
            .commit(self.storage.connections(), &batch, &work)
            .await
            .map_err(super::open::Failed::into_error)?;
        self.storage.notify(committed);
        Ok(committed)
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
        let mut keys = ask!(self, Whose::All, |client| events::keys(client, &people).await)?;
        let lacking = keys.lacking(&people);
        if !lacking.is_empty() {
            // In the transaction that is held, on the connection that it has.
            let made = subjects::new_keys(cipher, lacking)?;
            ask!(self, Whose::All, |client| work::run(client, &made).await)?;
            keys = ask!(self, Whose::All, |client| events::keys(client, &people).await)?;
        }
        conceal(Some(cipher), &keys, batch)
    }

    async fn forget_key(&self, tenant: &str, subject: &str) -> Result<bool, StoreError> {
        let (work, was_there) = subjects::forget_key(tenant, subject);
        ask!(self, Whose::All, |client| work::run(client, &work).await)?;
        Ok(was_there.load(Ordering::Relaxed))
    }

    async fn outcome(&self, tenant: &str, key: &str) -> Result<Option<Outcome>, StoreError> {
        ask!(self, Whose::One(tenant), |client| read::outcome(client, tenant, key).await)
    }

    fn appended(&self) -> watch::Receiver<Position> {
        self.storage.appended()
    }
}
