//! Read models: tables of one's own that follow the log, each event exactly once.
//!
//! What a projection writes and how far it has come are committed together, so that neither is there without the other, also when
//! two processes run the same one.

mod beginning;
mod checkpoint;
mod crew;
mod error;
mod following;
mod generation;
mod head;
pub(crate) mod inline;
mod lease;
mod parking;
mod partition;
mod projector;
mod rebuild;
mod retiring;
mod running;
mod set;
mod shutting_out;
mod stand_in;
mod status;
mod swap;
mod view;
mod worker;
mod writing;

use std::future::Future;

use bloom_runtime::{
    application::Recorded,
    domain::Aggregate,
    ports::{Lifecycle, StoreError},
};

pub use error::ProjectionError;
pub use parking::{ParkedEvent, Retried};
pub use projector::Projector;
pub use rebuild::RebuildProgress;
pub use running::RunningProjections;
pub use set::{Projected, Projections};
pub use status::{PartStatus, ProjectionState, ProjectionStatus};
pub use view::View;

/// A read model: its name and its tables.
///
/// It follows those aggregates whose events it [`Projects`]. Its tables come from migrations, and nobody else writes them.
pub trait Projection: Send + Sync + 'static {
    /// The stored name, under which is kept how far it has come.
    const NAME: &'static str;
    /// The tables that it writes, such that none refers to a later one.
    const TABLES: &'static [&'static str];
    /// For how many aggregates at most it sets events aside that it cannot take, with those that follow them in their aggregates, and goes
    /// on with all others. With one more it stops, since then it is the projection that is wrong; unless this is written, it stops at
    /// the first. One that is written [with the events](Projected::inline) sets nothing aside.
    ///
    /// It is for projections in which each aggregate has rows of its own: in others, an event that is taken later than its time may
    /// mean something else. What is set aside is shown by [`Projector::parked`], taken again by [`Projector::retry`], and holds back the
    /// truncation of the log.
    const PARKING: u64 = 0;
}

/// What the events of an aggregate mean for a read model.
///
/// ```
/// use bloom_runtime::{application::Recorded, prelude::*};
/// use bloom_sql::{Projection, Projects, View, parameters};
///
/// # #[derive(Identity)] pub struct DoorId(Uuid);
/// # #[derive(DomainEvent)] pub enum DoorEvent { #[event(name = "door.made", rev = 1)] Made { id: DoorId }, #[event(name = "door.opened", rev = 1)] Opened {} }
/// # #[derive(Aggregate)] #[aggregate(event = DoorEvent, name = "door")]
/// # pub struct Door { #[aggregate(id)] id: DoorId, #[aggregate(changes)] changes: Changes<DoorEvent> }
/// # impl bloom_runtime::EventSourced for Door {
/// #     fn begin(event: &DoorEvent) -> Option<Self> { match event { DoorEvent::Made { id } => Some(Self { id: *id, changes: Changes::new() }), DoorEvent::Opened {} => None } }
/// #     fn apply(&mut self, _: &DoorEvent) {}
/// # }
/// /// How often each door was opened.
/// pub struct DoorUse;
///
/// impl Projection for DoorUse {
///     const NAME: &'static str = "door_use";
///     const TABLES: &'static [&'static str] = &["door_use"];
/// }
///
/// impl Projects<Door> for DoorUse {
///     async fn project(&self, happened: &Recorded<DoorEvent>, view: &mut View<'_>) -> Result<(), StoreError> {
///         let door = &happened.aggregate_id;
///         let sql = match happened.event {
///             DoorEvent::Made { .. } => "INSERT INTO {door_use} (door, times) VALUES ($1, 0)",
///             DoorEvent::Opened {} => "UPDATE {door_use} SET times = times + 1 WHERE door = $1",
///         };
///         view.execute(sql, &parameters![door.as_str()]).await?;
///         Ok(())
///     }
/// }
/// ```
pub trait Projects<A: Aggregate>: Projection {
    /// Writes what follows from an event. It sees its own tables as they are after all events before, and is given nothing with
    /// which it could append to the log.
    ///
    /// It awaits nothing but the view, since a transaction is open; and it may be called again with the same event when the
    /// transaction was not committed, so that it keeps nothing in memory.
    ///
    /// # Errors
    /// What the database says. The projection then stops at this event, says so, and tries again; or sets it aside, if it is one that
    /// [does that](Projection::PARKING); or the event is not stored, if it is one that is written [with the events](Projected::inline).
    fn project(
        &self,
        happened: &Recorded<A::Event>,
        view: &mut View<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The same for an aggregate whose first events were [truncated](bloom_runtime::application::StorageStore::truncate): what it was by then, at that version, read in the [shape](Projector::reading)
    /// that it has now. Only a projection that begins at the first event, or is rebuilt, is told; it is refused unless this is written, since what it had
    /// made of those events cannot be told.
    ///
    /// # Errors
    /// As [`Self::project`].
    fn resumed(
        &self,
        resumed: &Recorded<A>,
        _view: &mut View<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let Recorded { aggregate_id, version, .. } = resumed;
        let refused = StoreError::Internal(
            format!(
                "the events of {} {aggregate_id} up to {version} were truncated, and `{}` does not say what it makes of the state by \
                 then: write `resumed`, beside `project`",
                A::NAME,
                Self::NAME
            )
            .into(),
        );
        async { Err(refused) }
    }

    /// The same for a person who was forgotten: what the tables hold of them has to go. Does nothing unless it is written. It is called
    /// twice when earlier events of the aggregate are [set aside](Projection::PARKING): at once, and behind them.
    ///
    /// # Errors
    /// As [`Self::project`].
    fn on_forgotten(
        &self,
        _subject: &str,
        _forgotten: &Recorded<Lifecycle>,
        _view: &mut View<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// The same for an aggregate that was removed, brought back or purged; does nothing unless it is written.
    ///
    /// # Errors
    /// As [`Self::project`].
    fn moved(
        &self,
        _moved: &Recorded<Lifecycle>,
        _view: &mut View<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }
}
