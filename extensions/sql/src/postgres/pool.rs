//! The pool of connections.

use std::time::Duration;

use bloom_runtime::ports::StoreError;
use deadpool_postgres::{HookError, Object, Pool, Runtime, Timeouts};

use super::{connection, error::store_error};
use crate::migration::MigrationError;

/// How long somebody waits for a connection before the store is called unavailable.
const PATIENCE: Duration = Duration::from_secs(10);

/// At most `size` connections to the server that the URL names, made when they are first needed.
pub(super) fn open(url: &str, size: usize) -> Result<Pool, MigrationError> {
    let manager = connection::manager(url).map_err(MigrationError::Unavailable)?;
    let timeouts =
        Timeouts { wait: Some(PATIENCE), create: Some(PATIENCE), recycle: Some(PATIENCE) };
    Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .timeouts(timeouts)
        .post_create(connection::settle())
        .build()
        .map_err(|error| MigrationError::Unavailable(error.into()))
}

/// A connection, for one use.
pub(super) async fn take(pool: &Pool) -> Result<Object, StoreError> {
    use deadpool_postgres::{PoolError, TimeoutType};
    pool.get().await.map_err(|error| match error {
        PoolError::Timeout(TimeoutType::Wait) => StoreError::Unavailable {
            reason: format!("no connection became free within {PATIENCE:?}"),
            source: None,
        },
        PoolError::Timeout(_) => StoreError::Unavailable {
            reason: format!("the server did not answer within {PATIENCE:?}"),
            source: None,
        },
        PoolError::Backend(error) => store_error(error),
        PoolError::PostCreateHook(HookError::Backend(error)) => store_error(error),
        PoolError::Closed => {
            StoreError::Unavailable { reason: "the storage is closed".to_owned(), source: None }
        }
        error => StoreError::Internal(error.into()),
    })
}
