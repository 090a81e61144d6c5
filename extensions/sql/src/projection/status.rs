//! How projections stand, for whoever looks after them.

use bloom_runtime::ports::{Position, WorkerId};

/// What a projection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProjectionState {
    /// It follows the log.
    Live,
    /// It was told to stand still.
    Paused,
    /// It is another one beside the live one, which it will replace.
    Building,
    /// It is written with the events, in their transactions.
    Inline,
}

impl ProjectionState {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Building => "building",
            Self::Inline => "inline",
        }
    }

    /// Those that are stored: what is written with the events is told by its place.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Live, Self::Paused, Self::Building].into_iter().find(|state| state.as_str() == name)
    }
}

/// How a projection stands, as every process sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// Its name.
    pub name: &'static str,
    /// What it is doing.
    pub state: ProjectionState,
    /// Everything up to here is in its tables.
    pub position: Position,
    /// How many events were skipped on somebody's word.
    pub skipped: u64,
    /// How many events are set aside, with those that wait behind them.
    pub parked: u64,
    /// Why it does not get on.
    pub failure: Option<String>,
    /// How its parts stand, of which each goes on by itself; none before it has begun.
    pub parts: Vec<PartStatus>,
    /// Whether it is registered otherwise than it is kept: as one that is written with the events while it follows the log, or the other way round, or
    /// in another number of parts. It becomes what it is registered as when it is rebuilt.
    pub awaits_rebuild: bool,
}

/// How one part of a projection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartStatus {
    /// Everything of its aggregates up to here is in the tables.
    pub position: Position,
    /// Who follows the log for it at the moment.
    pub worker: Option<WorkerId>,
    /// Why it does not get on.
    pub failure: Option<String>,
}
