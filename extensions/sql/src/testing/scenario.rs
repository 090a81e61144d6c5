//! Given events, when more of them happen, then this is what a read model shows.

use std::sync::Arc;

use bloom_runtime::{
    application::{Append, ProposedEvent, StorageStore},
    domain::{Aggregate, DomainEvent, Json},
    ports::{Expected, StoreError},
};

use crate::{Projections, Projector, SqlStorage, SqlValue, projection::ProjectionError};

/// Read models that follow events which need no command to happen, so that each of them can be looked at alone.
///
/// What is personal in them is not encrypted, as it would be by a store.
///
/// ```
/// # use bloom_runtime::{application::Recorded, prelude::*};
/// # use bloom_sql::{Projection, Projects, View};
/// # #[derive(Identity)] pub struct DoorId(Uuid);
/// # #[derive(DomainEvent)] pub enum DoorEvent { #[event(name = "door.made", rev = 1)] Made { id: DoorId }, #[event(name = "door.opened", rev = 1)] Opened {} }
/// # #[derive(Aggregate)] #[aggregate(event = DoorEvent, name = "door")]
/// # pub struct Door { #[aggregate(id)] id: DoorId, #[aggregate(changes)] changes: Changes<DoorEvent> }
/// # impl bloom_runtime::EventSourced for Door {
/// #     fn begin(event: &DoorEvent) -> Option<Self> { match event { DoorEvent::Made { id } => Some(Self { id: *id, changes: Changes::new() }), DoorEvent::Opened {} => None } }
/// #     fn apply(&mut self, _: &DoorEvent) {}
/// # }
/// # pub struct DoorUse;
/// # impl Projection for DoorUse { const NAME: &'static str = "door_use"; const TABLES: &'static [&'static str] = &["door_use"]; }
/// # impl Projects<Door> for DoorUse {
/// #     async fn project(&self, happened: &Recorded<DoorEvent>, view: &mut View<'_>) -> Result<(), StoreError> {
/// #         let sql = match happened.event {
/// #             DoorEvent::Made { .. } => "INSERT INTO {door_use} (door, times) VALUES ($1, 0)",
/// #             DoorEvent::Opened {} => "UPDATE {door_use} SET times = times + 1 WHERE door = $1",
/// #         };
/// #         view.execute(sql, &parameters![happened.aggregate_id.as_str()]).await?;
/// #         Ok(())
/// #     }
/// # }
/// use std::sync::Arc;
///
/// use bloom_sql::{Migrations, Projected, Projections, SqliteStorage, parameters, testing::ProjectionScenario};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let place = tempfile::tempdir()?;
/// # let path = place.path().join("doors.db");
/// let migrations = Migrations::new().with("0001_door_use", "CREATE TABLE door_use (door TEXT PRIMARY KEY, times INTEGER NOT NULL)");
/// SqliteStorage::migrate(&path, &migrations)?;
/// let storage = Arc::new(SqliteStorage::open(&path, &migrations)?);
/// let projections = Projections::new().with(Projected::new(DoorUse).from::<Door>());
///
/// let door = DoorId::from(Uuid::from_u128(1));
/// ProjectionScenario::new(&storage, projections)
///     .given::<Door>(&door, [DoorEvent::Made { id: door }])
///     .await?
///     .when::<Door>(&door, [DoorEvent::Opened {}, DoorEvent::Opened {}])
///     .await?
///     .then("SELECT door, times FROM door_use", &[parameters![door.to_string(), 2]])
///     .await?;
/// # Ok(()) }
/// ```
pub struct ProjectionScenario<S> {
    /// Without the aggregates, whose documents would have to follow what is appended.
    log: StorageStore<S>,
    projector: Projector<S>,
    names: Vec<&'static str>,
}

impl<S: SqlStorage> ProjectionScenario<S> {
    /// These read models, on a storage that has nothing in it.
    #[must_use]
    pub fn new(storage: &Arc<S>, projections: Projections) -> Self {
        let names = projections.names();
        let log = StorageStore::shared(Arc::clone(storage));
        Self { log, projector: Projector::new(storage, projections), names }
    }

    /// Events that have happened to one aggregate, and that nobody has followed yet. No rule is asked about them.
    ///
    /// # Errors
    /// When an event cannot be stored.
    pub async fn given<A: Aggregate>(
        self,
        id: &A::Id,
        events: impl IntoIterator<Item = A::Event>,
    ) -> Result<Self, ProjectionError> {
        let mut append = Append::to(A::NAME, id.to_string(), Expected::Any);
        for event in events {
            append = append.event(proposed(&event)?);
        }
        self.log.event_store().await?.append(append).await?;
        Ok(self)
    }

    /// More events of one aggregate; then the read models follow all there are.
    ///
    /// # Errors
    /// When an event cannot be stored, or a read model fails at it.
    pub async fn when<A: Aggregate>(
        self,
        id: &A::Id,
        events: impl IntoIterator<Item = A::Event>,
    ) -> Result<Self, ProjectionError> {
        let this = self.given::<A>(id, events).await?;
        this.projector.catch_up().await?;
        Ok(this)
    }

    /// The query answers with these rows, and still does when the read models are built anew from the log.
    ///
    /// # Errors
    /// When the query or a read model fails.
    ///
    /// # Panics
    /// When it answers otherwise.
    pub async fn then(self, sql: &str, rows: &[Vec<SqlValue>]) -> Result<Self, ProjectionError> {
        let storage = self.log.storage();
        assert_eq!(storage.query(sql, Vec::new()).await?, rows, "`{sql}` after these events");
        for name in &self.names {
            self.projector.rebuild(name, |_| {}).await?;
        }
        assert_eq!(storage.query(sql, Vec::new()).await?, rows, "`{sql}` when built anew");
        Ok(self)
    }
}

fn proposed<E: DomainEvent>(event: &E) -> Result<ProposedEvent, StoreError> {
    let unstorable = |error: serde_json::Error| StoreError::Internal(error.into());
    let body = event.to_body().map_err(unstorable)?;
    let body: Json = serde_json::from_str(&body).map_err(unstorable)?;
    let mut proposed = ProposedEvent::new(event.name(), event.revision(), &body)?;
    for tag in event.tags() {
        proposed = proposed.tagged(tag);
    }
    Ok(proposed)
}
