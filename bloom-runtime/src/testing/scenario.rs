//! Given events, when something is done, then events or an error.

use std::fmt;

use crate::domain::Aggregate;

/// An aggregate with a history.
///
/// ```
/// use bloom_runtime::{
///     domain::{Invalid, Uuid},
///     testing::{Given, conformance::{Account, AccountEvent}},
/// };
///
/// let opened = AccountEvent::Opened { id: Uuid::nil().into(), owner: "ada".to_owned() };
/// let account = Given::<Account>::events([opened])
///     .when(|account| {
///         account.deposit(5);
///         Ok::<(), Invalid>(())
///     })
///     .then_events([AccountEvent::Deposited { amount: 5 }]);
/// assert_eq!(account.balance(), 5);
/// ```
pub struct Given<A>(A);

impl<A: Aggregate> Given<A> {
    /// The aggregate that these events lead to.
    ///
    /// # Panics
    /// When the first event does not begin one.
    #[must_use]
    #[track_caller]
    pub fn events(events: impl IntoIterator<Item = A::Event>) -> Self {
        match A::fold(None, events) {
            Some(aggregate) => Self(aggregate),
            None => panic!("these events begin no {}", A::NAME),
        }
    }

    /// The aggregate as it is, its earlier events taken as committed.
    #[must_use]
    pub fn aggregate(mut aggregate: A) -> Self {
        aggregate.flush_events();
        Self(aggregate)
    }

    /// Does something to it.
    pub fn when<T, E>(mut self, act: impl FnOnce(&mut A) -> Result<T, E>) -> When<A, E> {
        let outcome = act(&mut self.0).map(drop);
        When { aggregate: self.0, outcome }
    }
}

/// What came of it.
pub type Outcome<E> = Result<(), E>;

/// An aggregate to which something was done.
pub struct When<A, E> {
    aggregate: A,
    outcome: Outcome<E>,
}

impl<A: Aggregate, E: fmt::Debug + PartialEq> When<A, E> {
    /// It succeeded and raised exactly these events.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn then_events(self, expected: impl IntoIterator<Item = A::Event>) -> A {
        if let Err(error) = &self.outcome {
            panic!("it failed: {error:?}");
        }
        let expected: Vec<A::Event> = expected.into_iter().collect();
        assert_eq!(self.aggregate.changes().pending(), expected);
        self.aggregate
    }

    /// It failed with this error and raised nothing.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn then_error(self, expected: E) {
        assert_eq!(self.outcome, Err(expected));
        let raised = self.aggregate.changes().pending();
        assert!(raised.is_empty(), "it failed, and yet it raised {raised:?}");
    }
}
