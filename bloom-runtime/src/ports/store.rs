//! Where units of work come from.

use std::future::Future;

use super::{Outcome, StoreError, UnitOfWork};

/// A store: chosen once, where the application is composed.
pub trait Store: Clone + Send + Sync + 'static {
    /// Its unit of work.
    type UnitOfWork: UnitOfWork;

    /// A new unit of work in the ambient context.
    ///
    /// # Errors
    /// When the store is out of reach.
    fn begin(&self) -> impl Future<Output = Result<Self::UnitOfWork, StoreError>> + Send;

    /// What became of the command with this key, if it was committed, for the tenant of the ambient context.
    ///
    /// # Errors
    /// When the store is out of reach.
    fn outcome(
        &self,
        key: &str,
    ) -> impl Future<Output = Result<Option<Outcome>, StoreError>> + Send;
}
