//! One at a time, among all processes.

use std::{fmt, future::Future, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::ServiceError;
use crate::domain::Timestamp;

/// The pauses between two attempts to get a lock that is taken.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(250));

/// Lends a name to one holder at a time, for a limited time.
///
/// It saves work that need not be done twice. It does not prove that nobody else is at it: a holder that was asleep goes on
/// after its time is over. What must never be done twice carries the [`FencingToken`] of its lease to the place where it is
/// written, which refuses tokens smaller than the largest it has seen. Aggregates need no lock: their versions do this.
///
/// A name is any text of 1 to [`MAX_NAME`](Self::MAX_NAME) bytes; a driver encodes what its system does not take. Times count in
/// whole milliseconds; what is finer is cut off.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bloom_runtime::{memory::MemoryLock, ports::DistributedLock};
///
/// let lock = MemoryLock::new();
/// let minute = Duration::from_secs(60);
/// if let Some(lease) = lock.try_acquire("nightly-report", minute).await? {
///     assert!(lock.try_acquire("nightly-report", minute).await?.is_none());
///     lock.release(lease).await?;
/// }
/// assert!(lock.try_acquire("nightly-report", minute).await?.is_some());
/// # Ok::<(), bloom_runtime::ports::ServiceError>(()) }).unwrap();
/// ```
pub trait DistributedLock: Send + Sync + 'static {
    /// The most bytes a name may have.
    const MAX_NAME: usize = 250;

    /// A lease of `ttl` from now; `None` while somebody has one, be it the caller.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a name that is none, or less than a millisecond.
    fn try_acquire(
        &self,
        name: &str,
        ttl: Duration,
    ) -> impl Future<Output = Result<Option<Lease>, ServiceError>> + Send;

    /// Makes the lease last for `ttl` from now.
    ///
    /// # Errors
    /// [`ServiceError::LeaseLost`] when it is over: stop what was begun under it.
    fn renew(
        &self,
        lease: &mut Lease,
        ttl: Duration,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Ends the lease. One that is over already is no error, and nobody else's lease is touched.
    ///
    /// # Errors
    /// When the service is out of reach; the lease then ends by itself.
    fn release(&self, lease: Lease) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// A lease of `ttl`, for which it asks again and again while `patience` lasts. Who has asked longest has no privilege.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire), and [`ServiceError::Unavailable`] when others had it all the time.
    fn acquire(
        &self,
        name: &str,
        ttl: Duration,
        patience: Duration,
    ) -> impl Future<Output = Result<Lease, ServiceError>> + Send {
        async move {
            let begun = Instant::now();
            let mut pauses = ExponentialBuilder::default()
                .with_jitter()
                .with_min_delay(PAUSES.0)
                .with_max_delay(PAUSES.1)
                .without_max_times()
                .build();
            loop {
                if let Some(lease) = self.try_acquire(name, ttl).await? {
                    return Ok(lease);
                }
                let left = patience.saturating_sub(begun.elapsed());
                if left.is_zero() {
                    let reason = format!("others hold the lock `{name}`");
                    return Err(ServiceError::Unavailable { reason, source: None });
                }
                tokio::time::sleep(pauses.next().unwrap_or(PAUSES.1).min(left)).await;
            }
        }
    }
}

/// The right to be the only one, until its time is over. Dropping it ends nothing.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a lease that is dropped keeps others waiting until its time is over"]
pub struct Lease {
    /// What it is for.
    pub name: String,
    /// Larger than that of every earlier lease of this name.
    pub token: FencingToken,
    /// When it is over, by the holder's own clock and on the safe side.
    pub until: Timestamp,
}

impl Lease {
    /// Whether it lasts at `moment`, by the holder's own clock. Ask before each step of long work.
    #[must_use]
    pub fn lasts_at(&self, moment: Timestamp) -> bool {
        moment < self.until
    }
}

/// A number that grows with each lease of a name, with or without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FencingToken(u64);

impl FencingToken {
    /// The token with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for FencingToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
