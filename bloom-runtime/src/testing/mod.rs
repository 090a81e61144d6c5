//! What tests are written with: given/when/then, a fixed clock, counting ids, storages that fail on request,
//! and the conformance suite that every storage passes.

mod assertions;
mod builder;
#[cfg(feature = "conformance")]
#[expect(clippy::unwrap_used, reason = "a check that cannot go on fails")]
pub mod conformance;
mod faults;
mod fixed;
mod scenario;

pub use assertions::assert_same_state;
pub use builder::Builder;
pub use faults::{FaultyStorage, Operation};
pub use fixed::{CountingIds, FixedClock};
pub use scenario::{Given, Outcome, When};

/// Asserts that an aggregate has raised exactly these events since it was loaded.
///
/// ```
/// use bloom_runtime::{assert_events, domain::Uuid, testing::conformance::{Account, AccountEvent}};
///
/// let id = Uuid::nil().into();
/// let account = Account::open(id, "ada");
/// assert_events!(account, [AccountEvent::Opened { id, owner: "ada".to_owned() }]);
/// ```
#[macro_export]
macro_rules! assert_events {
    ($aggregate:expr, [$($event:expr),* $(,)?]) => {
        ::core::assert_eq!(
            $crate::domain::Changes::pending($crate::domain::Aggregate::changes(&$aggregate)),
            &[$($event),*]
        )
    };
}

/// Asserts that two aggregates have the same state, not merely the same identity.
///
/// `assert_eq!` on aggregates proves nothing, since they are equal when their ids are.
#[macro_export]
macro_rules! assert_same_state {
    ($left:expr, $right:expr $(,)?) => {
        $crate::testing::assert_same_state(&$left, &$right)
    };
}
