//! Copies that may be forgotten.

use std::{future::Future, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::ServiceError;

/// Keeps copies of what is costly to find out, for a while.
///
/// Nothing may depend on a value being there: it can be gone at any moment, and it may be older than its original until its
/// time is over. A key is any text of 1 to [`MAX_KEY`](Self::MAX_KEY) bytes; a driver encodes what its system does not take.
/// Keys are shared by everybody who uses the cache: begin them with what they are about, and with the tenant where there is one.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::time::Duration;
///
/// use bloom_runtime::{memory::MemoryCache, ports::Cache};
///
/// let cache = MemoryCache::new();
/// cache.set_json("rate:EUR", &1.08, Duration::from_secs(60)).await?;
/// assert_eq!(cache.get_json::<f64>("rate:EUR").await?, Some(1.08));
/// assert_eq!(cache.get_json::<f64>("rate:USD").await?, None);
/// # Ok::<(), bloom_runtime::ports::ServiceError>(()) }).unwrap();
/// ```
pub trait Cache: Send + Sync + 'static {
    /// The most bytes a key may have.
    const MAX_KEY: usize = 250;

    /// The value of a key; `None` when there is none, its time is over, or it was forgotten.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a key that is none.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Vec<u8>>, ServiceError>> + Send;

    /// Keeps a value for `ttl` at most, in place of the one before. The time counts in whole milliseconds; what is finer is
    /// cut off, and nothing is kept when nothing is left.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a key that is none.
    fn set(
        &self,
        key: &str,
        value: &[u8],
        ttl: Duration,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Forgets a value. That there is none is no error.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a key that is none.
    fn remove(&self, key: &str) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// The value that [`set_json`](Self::set_json) has kept. One that is not a `T`, as after an upgrade of the program,
    /// counts as forgotten.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    fn get_json<T: DeserializeOwned>(
        &self,
        key: &str,
    ) -> impl Future<Output = Result<Option<T>, ServiceError>> + Send {
        async move {
            let found = self.get(key).await?;
            Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
        }
    }

    /// Keeps a value as JSON.
    ///
    /// # Errors
    /// As [`set`](Self::set), and [`ServiceError::Internal`] for what JSON cannot hold, such as a map whose keys are no text.
    fn set_json<T: Serialize + ?Sized>(
        &self,
        key: &str,
        value: &T,
        ttl: Duration,
    ) -> impl Future<Output = Result<(), ServiceError>> + Send {
        let encoded = serde_json::to_vec(value);
        async move {
            let bytes = encoded.map_err(|error| ServiceError::Internal(error.into()))?;
            self.set(key, &bytes, ttl).await
        }
    }
}
