//! Code of others that may panic in a task of ours.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

/// The future's output; `None` when it panicked, which must not end the task that awaits it.
///
/// ```
/// # use bloom_runtime::application::caught;
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// assert_eq!(caught(async { 1 }).await, Some(1));
/// assert_eq!(caught(async { panic!("a bug of somebody") as u8 }).await, None);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(None),
    })
    .await
}
