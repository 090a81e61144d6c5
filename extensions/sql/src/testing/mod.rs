//! Tests of what is stored: databases for them, and scenarios for read models.

#[cfg(feature = "postgres")]
mod postgres;
mod scenario;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::PostgresScratch;
pub use scenario::ProjectionScenario;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteScratch;
