//! Factories.

use super::{Aggregate, Classified};

/// Builds an aggregate when a constructor would have to know too much: from a quote, from another
/// aggregate, from a file.
///
/// ```
/// # use bloom_runtime::domain::Factory;
/// # fn opens<F: Factory<A, From = String>, A: bloom_runtime::domain::Aggregate>(factory: &F, quote: String)
/// #     -> Result<A, F::Error> {
/// factory.build(quote)
/// # }
/// ```
pub trait Factory<A: Aggregate> {
    /// What it is built from, ids and times included.
    type From;
    /// Why it may not be built.
    type Error: Classified;

    /// The new aggregate.
    ///
    /// # Errors
    /// When a rule forbids it.
    fn build(&self, from: Self::From) -> Result<A, Self::Error>;
}
