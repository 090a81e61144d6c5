//! What is measured.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// What is done.
    pub kind: Kind,
    /// How much of it.
    pub sizes: Sizes,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// So many clients at once, each command on a new stream: nothing is there to load, and one event is added.
    NewStream {
        /// How many.
        clients: usize,
    },
    /// One client. A stream is given 100 events, which is not timed; then ten commands each load it and add one event, so that
    /// 100 to 109 are loaded; then comes the next stream.
    HotStream,
    /// One client, each command on a new stream, which is given 100 events in one commit. Counted in events.
    Many,
    /// One client loads a stream of many events again and again. Counted in events.
    Rehydrate,
    /// A subscriber reads the log from its first event to its last, again and again; it is made of streams of 100 events. Counted
    /// in events.
    CatchUp,
}

/// How much there is of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// How long a round of one contestant is.
    pub round: Duration,
    /// The events of the stream that is rehydrated.
    pub stream: usize,
    /// The events of the log that is caught up with.
    pub log: usize,
}

impl Sizes {
    /// What the results are made with.
    pub const FULL: Self = Self { round: Duration::from_secs(1), stream: 10_000, log: 100_000 };

    /// To see that all of it works.
    pub const QUICK: Self = Self { round: Duration::from_millis(100), stream: 1_000, log: 5_000 };
}

impl Kind {
    /// The head of its column.
    #[must_use]
    pub fn title(self, sizes: &Sizes) -> String {
        match self {
            Self::NewStream { clients: 1 } => "new stream, 1 client".to_owned(),
            Self::NewStream { clients } => format!("new stream, {clients} clients"),
            Self::HotStream => "stream of 100, 1 client".to_owned(),
            Self::Many => "100 in one commit (events)".to_owned(),
            Self::Rehydrate => format!("rehydrate {} (events)", sizes.stream),
            Self::CatchUp => format!("catch up with {} (events)", sizes.log),
        }
    }

    /// A short name, of letters and digits.
    #[must_use]
    pub fn slug(self) -> String {
        match self {
            Self::NewStream { clients } => format!("new{clients}"),
            Self::HotStream => "hot".to_owned(),
            Self::Many => "many".to_owned(),
            Self::Rehydrate => "rehydrate".to_owned(),
            Self::CatchUp => "catchup".to_owned(),
        }
    }

    /// Whether it only reads what was prepared.
    #[must_use]
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Rehydrate | Self::CatchUp)
    }
}
