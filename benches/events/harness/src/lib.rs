//! What all contestants share: the event, the scenarios, how each is measured, and the lines by which another program is asked to
//! take part.

mod body;
mod contestant;
mod measure;
mod protocol;
mod scenario;

pub use body::Added;
pub use contestant::{Contestant, Open, Opening};
pub use measure::{measure, prepare};
pub use protocol::{Answer, Ask, Request, serve};
pub use scenario::{Kind, Scenario, Sizes};

/// How many connections each contestant may have.
pub const CONNECTIONS: usize = 16;

/// How many events each contestant that reads the log in pages reads at a time.
pub const PAGE: usize = 1_000;
