//! What can go wrong with read models.

use std::time::Duration;

use bloom_runtime::{
    domain::{Classified, ErrorKind},
    ports::{Position, StoreError},
};

/// Why something could not be done with a projection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectionError {
    /// There is none of this name.
    #[error("there is no projection `{name}`; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },

    /// It has not come as far as was waited for.
    #[error("`{name}` is at {reached} and did not come to {wanted} within {waited:?}")]
    Behind {
        /// The projection.
        name: &'static str,
        /// Where it was to be.
        wanted: Position,
        /// Where it is.
        reached: Position,
        /// How long was waited.
        waited: Duration,
    },

    /// Another one has begun to rebuild it meanwhile, and goes on.
    #[error("another rebuild of `{name}` has begun, and this one was given up")]
    Overtaken {
        /// The projection.
        name: &'static str,
    },

    /// An event can only be skipped or set aside by whoever has seen it fail.
    #[error(
        "nothing was done about event {position}: `{name}` is at {reached}; `projection list` names the event at which it stops, and `projection parked` those that are set aside, of which the first of an aggregate goes first"
    )]
    NotThere {
        /// The projection.
        name: &'static str,
        /// The event that was meant.
        position: Position,
        /// The last event it has seen.
        reached: Position,
    },

    /// What a person is forgotten by is not set aside: what the tables hold of them has to go.
    #[error(
        "event {position} tells `{name}` of a person who was forgotten, which cannot wait: mend the projection"
    )]
    Forgets {
        /// The projection.
        name: &'static str,
        /// The event.
        position: Position,
    },

    /// It fails at an event.
    #[error("`{name}` cannot take event {position} of the log")]
    Failed {
        /// The projection.
        name: &'static str,
        /// The event.
        position: Position,
        /// Why.
        source: StoreError,
    },

    /// What is written with the events neither stands still nor passes over any.
    #[error(
        "`{name}` is written with the events, in their transactions: there is nothing that it could wait for or leave out; registered without \
         `.inline()`, it follows the log again from its next rebuild on"
    )]
    WithTheEvents {
        /// The projection.
        name: &'static str,
    },

    /// It is written with the events, and not by this program.
    #[error(
        "`{name}` is written with the events, and not by this program, or not for all of its aggregates, so that the log refuses what this \
         program appends"
    )]
    ShutOut {
        /// The projection.
        name: String,
    },

    /// What this program registers is not taken out.
    #[error(
        "`{name}` is one of this program's projections: only what no program registers any more is taken out"
    )]
    StillThere {
        /// The projection.
        name: String,
    },

    /// The log has a hole, which it never has unless somebody has changed it.
    #[error("the log has a hole: after {after} comes {found}")]
    Hole {
        /// The last event before.
        after: Position,
        /// The first event behind.
        found: Position,
    },

    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classified for ProjectionError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown { .. } => ErrorKind::NotFound,
            Self::Behind { .. } => ErrorKind::Unavailable,
            Self::Overtaken { .. }
            | Self::NotThere { .. }
            | Self::Forgets { .. }
            | Self::WithTheEvents { .. }
            | Self::ShutOut { .. }
            | Self::StillThere { .. } => ErrorKind::Rule,
            Self::Failed { .. } | Self::Hole { .. } => ErrorKind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::Unknown { .. } => "projection.unknown",
            Self::Behind { .. } => "projection.behind",
            Self::Overtaken { .. } => "projection.overtaken",
            Self::NotThere { .. } => "projection.not_there",
            Self::Forgets { .. } => "projection.forgets",
            Self::WithTheEvents { .. } => "projection.with_the_events",
            Self::ShutOut { .. } => "projection.shut_out",
            Self::StillThere { .. } => "projection.still_there",
            Self::Failed { .. } => "projection.failed",
            Self::Hole { .. } => "projection.hole",
            Self::Store(error) => error.code(),
        }
    }

    fn innermost(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        match self {
            Self::Store(error) => error.innermost(),
            other => other,
        }
    }
}
