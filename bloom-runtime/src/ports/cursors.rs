//! How far those have come who follow the log, and which of several processes does it for them at the moment.

use std::{fmt, future::Future, time::Duration};

use super::{Position, StoreError};
use crate::domain::Uuid;

/// Who follows the log: a process, or another part of it that works by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(String);

impl WorkerId {
    /// One that nobody else is: the number of the process, and something by chance.
    #[must_use]
    pub fn new() -> Self {
        let by_chance = Uuid::now_v7().simple().to_string();
        Self(format!("{}-{}", std::process::id(), &by_chance[20..]))
    }

    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for WorkerId {
    fn default() -> Self {
        Self::new()
    }
}

impl From<String> for WorkerId {
    fn from(stored: String) -> Self {
        Self(stored)
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// For whom a place is to be held, and for how long unless it is said again.
///
/// ```
/// # use std::time::Duration;
/// use bloom_runtime::ports::Shift;
///
/// let shift = Shift::new().holding_for(Duration::from_secs(3_600));
/// assert_eq!(shift.lasting(), Shift::LONGEST);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    worker: WorkerId,
    lasting: Duration,
}

impl Shift {
    /// No place is held for longer. What seems to be is taken for the doing of a clock that was set back.
    pub const LONGEST: Duration = Duration::from_secs(60);
    /// None is held for less, since whoever holds it has to say so again before that time is over.
    pub const SHORTEST: Duration = Duration::from_millis(100);

    /// One of a new worker, for five seconds at a time.
    #[must_use]
    pub fn new() -> Self {
        Self { worker: WorkerId::new(), lasting: Duration::from_secs(5) }
    }

    /// For so long at a time, from [`Self::SHORTEST`] to [`Self::LONGEST`]: after a process was killed, its places stand still for as long.
    #[must_use]
    pub fn holding_for(mut self, time: Duration) -> Self {
        self.lasting = time.clamp(Self::SHORTEST, Self::LONGEST);
        self
    }

    /// Who works.
    #[must_use]
    pub const fn worker(&self) -> &WorkerId {
        &self.worker
    }

    /// How long a place is held at a time, by the clock of the storage.
    #[must_use]
    pub const fn lasting(&self) -> Duration {
        self.lasting
    }
}

impl Default for Shift {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a reader of the log stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// It has handled everything up to here.
    pub position: Position,
    /// How often it has gone from one worker to another: the fence, beyond which nobody writes who had it before.
    pub epoch: u64,
    /// Who holds it, or was the last to.
    pub holder: Option<Holder>,
}

/// Who holds a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Who it is.
    pub worker: WorkerId,
    /// For how long still; zero when the time is over.
    pub left: Duration,
    /// Who asks for it, having less to do.
    pub wanted_by: Option<WorkerId>,
}

/// A place that is held, as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The name of the reader.
    pub name: String,
    /// Who holds it.
    pub worker: WorkerId,
    /// Who asks for it.
    pub wanted_by: Option<WorkerId>,
}

/// What came of moving a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It is held for longer.
    Kept,
    /// It is, and somebody asks for it who has less to do.
    Wanted,
    /// Somebody else has taken it, and nothing was changed.
    Lost,
}

/// Whose turn it is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// One's own.
    Mine,
    /// Nobody's.
    Free,
    /// Somebody's who has not been heard of for some time, maybe since there was nothing to do.
    Lapsed,
    /// Somebody else's.
    Theirs,
}

impl Place {
    /// Whose turn it is, seen by a worker.
    #[must_use]
    pub fn turn(&self, worker: &WorkerId) -> Turn {
        match &self.holder {
            None => Turn::Free,
            Some(holder) if holder.worker == *worker => Turn::Mine,
            Some(holder) if holder.left.is_zero() => Turn::Lapsed,
            Some(_) => Turn::Theirs,
        }
    }

    /// Who asks for it.
    #[must_use]
    pub fn wanted_by(&self) -> Option<&WorkerId> {
        self.holder.as_ref()?.wanted_by.as_ref()
    }
}

/// Places of readers, kept with the log.
///
/// A place is held by one worker at a time, so that no work is done twice. That is for economy: what makes it safe is the epoch, since a worker that
/// was asleep, and whose place another one has taken, moves it no more. Time is that of the storage alone.
pub trait Cursors: Send + Sync + 'static {
    /// Where the reader called `name` stands; at the start when it is new.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn place(&self, name: &str) -> impl Future<Output = Result<Place, StoreError>> + Send;

    /// How far the reader called `name` has come.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn cursor(&self, name: &str) -> impl Future<Output = Result<Position, StoreError>> + Send {
        async move { Ok(self.place(name).await?.position) }
    }

    /// Notes how far the reader called `name` has come, whoever holds its place.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn save_cursor(
        &self,
        name: &str,
        position: Position,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes a place that was seen so and is still there, or holds it for longer; its epoch from then on. `None` when somebody else has moved or taken it,
    /// or holds it.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn claim(
        &self,
        name: &str,
        seen: &Place,
        shift: &Shift,
    ) -> impl Future<Output = Result<Option<u64>, StoreError>> + Send;

    /// Moves a place forward, or leaves it where it is, and holds it for longer, unless it was taken in another epoch.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn move_cursor(
        &self,
        name: &str,
        epoch: u64,
        shift: &Shift,
        position: Position,
    ) -> impl Future<Output = Result<Moved, StoreError>> + Send;

    /// Gives a place that is held in this epoch to whoever has asked for it; nothing when nobody has.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn hand_over(
        &self,
        name: &str,
        epoch: u64,
        shift: &Shift,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Which places are held at the moment, and those that this worker was the last to hold, by their names.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn held(&self, worker: &WorkerId)
    -> impl Future<Output = Result<Vec<Held>, StoreError>> + Send;

    /// Asks whoever holds a place for it, unless somebody else has.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn ask_for(
        &self,
        name: &str,
        holder: &WorkerId,
        worker: &WorkerId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives up a place that a worker holds or has asked for, for whoever is next.
    ///
    /// # Errors
    /// When the storage is out of reach.
    fn release(
        &self,
        name: &str,
        worker: &WorkerId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
