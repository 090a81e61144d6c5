//! The log on SQLite.

use bloom_runtime::{
    application::{reveal, subjects_of},
    domain::Version,
    ports::{
        EventLog, EventSelection, Payload, Position, RecordedEvent, StoreError, StreamId,
        StreamSlice,
    },
};

use super::{events, storage::SqliteStorage};

impl SqliteStorage {
    /// The events with what is personal in them decrypted.
    pub(super) async fn revealed(
        &self,
        mut events: Vec<RecordedEvent>,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let people = subjects_of(&events);
        if !people.is_empty() {
            let keys =
                self.readers().read(move |connection| events::keys(connection, &people)).await?;
            reveal(self.cipher().map(|cipher| &**cipher), &keys, &mut events)?;
        }
        Ok(events)
    }
}

impl EventLog for SqliteStorage {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.revealed(
            self.readers().read(move |connection| events::log(connection, after, limit)).await?,
        )
        .await
    }

    async fn read_slice(
        &self,
        stream: &StreamId,
        slice: StreamSlice,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let stream = stream.clone();
        self.revealed(
            self.readers()
                .read(move |connection| events::slice(connection, &stream, slice))
                .await?,
        )
        .await
    }

    async fn plain_payloads(
        &self,
        stream: &StreamId,
        after: Version,
    ) -> Result<Option<Vec<Payload>>, StoreError> {
        let stream = stream.clone();
        self.readers().read(move |connection| events::payloads(connection, &stream, after)).await
    }

    async fn select(&self, selection: EventSelection) -> Result<Vec<RecordedEvent>, StoreError> {
        self.revealed(
            self.readers().read(move |connection| events::select(connection, &selection)).await?,
        )
        .await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.readers().read(events::head).await
    }
}
