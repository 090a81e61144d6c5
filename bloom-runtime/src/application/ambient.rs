//! The ambient context: set at the edge, captured by the unit of work.

use std::future::Future;

use tokio::task::JoinHandle;

use crate::ports::Context;

tokio::task_local! {
    static CURRENT: Context;
}

/// The context of the running task; empty when none was set.
#[must_use]
pub fn current_context() -> Context {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Runs `work` with `context` around it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use bloom_runtime::{application::{current_context, in_context}, ports::Context};
///
/// let actor = in_context(Context::new().with_actor("ada"), async { current_context().actor }).await;
/// assert_eq!(actor.as_deref(), Some("ada"));
/// # });
/// ```
pub fn in_context<F: Future>(context: Context, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(context, work)
}

/// Starts a task that keeps the present context, which a plain `tokio::spawn` would lose.
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(in_context(current_context(), work))
}
