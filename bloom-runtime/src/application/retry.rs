//! Running again after a conflict.

use std::{future::Future, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};

use super::Failure;

/// How often a command runs before a conflict is reported.
pub const ATTEMPTS: usize = 8;

/// Runs `attempt`, and again after a short random pause while it fails with a conflict.
///
/// For code that uses a store without an [`App`](super::App), which does this itself.
///
/// # Errors
/// The first failure that is not a conflict, or the last conflict.
pub async fn on_conflict<T, F>(attempt: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    attempts(ATTEMPTS, attempt).await
}

/// The same with at most so many attempts.
pub(super) async fn attempts<T, F>(
    most: usize,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let pauses = pauses(Duration::from_millis(2), Duration::from_millis(200));
    let mut pauses = pauses.take(most.saturating_sub(1));
    loop {
        match attempt().await {
            Err(failure) if failure.kind().is_retryable() => match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(failure),
            },
            result => return result,
        }
    }
}

/// Ever longer pauses with jitter, without end: what lies between the attempts of something that must be done at last.
pub fn pauses(shortest: Duration, longest: Duration) -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(shortest)
        .with_max_delay(longest)
        .without_max_times()
        .build()
}
