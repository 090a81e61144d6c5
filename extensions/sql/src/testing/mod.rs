//! Tests of what is stored: databases for them, and scenarios for read models.

mod scenario;
#[cfg(all(feature = "testing", feature = "postgres"))]
mod scratch;

pub use scenario::ProjectionScenario;
#[cfg(all(feature = "testing", feature = "postgres"))]
pub use scratch::PostgresScratch;
