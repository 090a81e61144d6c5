//! Questions that only Rust can answer.

use std::fmt;

/// A named question about a `T` that is answered by a function, and so in memory only.
///
/// It is no [`Spec`](super::Spec), so that a repository refuses it when it is compiled instead of reading everything. Where
/// both are needed, find by a specification and filter what was found.
///
/// ```
/// use bloom_runtime::domain::Filter;
///
/// let even = Filter::new("is even", |number: &u32| number % 2 == 0);
/// assert!(even.is_satisfied_by(&4));
/// let found: Vec<u32> = vec![1, 2, 4].into_iter().filter(|number| even.is_satisfied_by(number)).collect();
/// assert_eq!(found, [2, 4]);
/// ```
pub struct Filter<T> {
    name: &'static str,
    holds: Box<dyn Fn(&T) -> bool + Send + Sync>,
}

impl<T> Filter<T> {
    /// The question with this name, answered by `holds`.
    pub fn new(name: &'static str, holds: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        Self { name, holds: Box::new(holds) }
    }

    /// What it asks.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The answer for one.
    #[must_use]
    pub fn is_satisfied_by(&self, candidate: &T) -> bool {
        (self.holds)(candidate)
    }
}

impl<T> fmt::Debug for Filter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.name).finish()
    }
}
