//! The log on PostgreSQL.

use bloom_runtime::{
    application::{reveal, subjects_of},
    domain::Version,
    ports::{
        EventLog, EventSelection, Payload, Position, RecordedEvent, StoreError, StreamId,
        StreamSlice,
    },
};

use super::{events, pool::Whose, storage::PostgresStorage};

impl PostgresStorage {
    /// The events with what is personal in them decrypted.
    pub(super) async fn revealed(
        &self,
        mut events: Vec<RecordedEvent>,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let people = subjects_of(&events);
        if !people.is_empty() {
            let keys = events::keys(&*self.connections().take(Whose::All).await?, &people).await?;
            reveal(self.cipher().map(|cipher| &**cipher), &keys, &mut events)?;
        }
        Ok(events)
    }
}

impl EventLog for PostgresStorage {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        let events =
            events::log(&*self.connections().take(Whose::All).await?, after, limit).await?;
        self.revealed(events).await
    }

    async fn read_slice(
        &self,
        stream: &StreamId,
        slice: StreamSlice,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let whose = Whose::One(&stream.tenant);
        let events = events::slice(&*self.connections().take(whose).await?, stream, slice).await?;
        self.revealed(events).await
    }

    async fn plain_payloads(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> Result<Option<Vec<Payload>>, StoreError> {
        self.loads().payloads(stream, after).await
    }

    async fn select(&self, selection: EventSelection) -> Result<Vec<RecordedEvent>, StoreError> {
        let whose = selection.tenant.as_deref().map_or(Whose::All, Whose::One);
        let events = events::select(&*self.connections().take(whose).await?, &selection).await?;
        self.revealed(events).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        events::head(&*self.connections().take(Whose::All).await?).await
    }
}
