//! The pool, and what every connection is like.

use std::{str::FromStr, time::Duration};

use bloom_runtime::ports::StoreError;
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts,
};
use tokio_postgres::{Config, NoTls, config::SslMode};

use super::error::store_error;
use crate::migration::MigrationError;

/// How long somebody waits for a connection before the store is called unavailable.
const PATIENCE: Duration = Duration::from_secs(10);

/// A pool of at most `size` connections to the server that the URL names. Connects when the first is needed.
pub(super) fn pool(url: &str, size: usize) -> Result<Pool, MigrationError> {
    let unusable =
        |error: Box<dyn std::error::Error + Send + Sync>| MigrationError::Unavailable(error);
    let mut config = Config::from_str(url).map_err(|error| unusable(error.into()))?;
    config.application_name("bloom").keepalives_idle(Duration::from_secs(30));
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    // An encrypted connection to somebody unknown protects from nobody: it is asked for, and then checked, or it is not.
    let manager = if config.get_ssl_mode() == SslMode::Require {
        with_tls(config, manager_config).map_err(unusable)?
    } else {
        config.ssl_mode(SslMode::Disable);
        Manager::from_config(config, NoTls, manager_config)
    };
    let timeouts =
        Timeouts { wait: Some(PATIENCE), create: Some(PATIENCE), recycle: Some(PATIENCE) };
    // What a unit of work reads is committed, and what it checks is checked under a lock; a stricter level set by the server
    // or the role would turn waiting into failing.
    let settle = Hook::async_fn(|client, _| {
        Box::pin(async move {
            client
                .batch_execute(
                    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED",
                )
                .await
                .map_err(HookError::Backend)
        })
    });
    Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .timeouts(timeouts)
        .post_create(settle)
        .build()
        .map_err(|error| unusable(error.into()))
}

#[cfg(feature = "postgres-tls")]
fn with_tls(
    config: Config,
    manager: ManagerConfig,
) -> Result<Manager, Box<dyn std::error::Error + Send + Sync>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let client = rustls::ClientConfig::builder_with_provider(std::sync::Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()?
    .with_root_certificates(roots)
    .with_no_client_auth();
    Ok(Manager::from_config(config, tokio_postgres_rustls::MakeRustlsConnect::new(client), manager))
}

#[cfg(not(feature = "postgres-tls"))]
fn with_tls(
    _: Config,
    _: ManagerConfig,
) -> Result<Manager, Box<dyn std::error::Error + Send + Sync>> {
    Err("the URL asks for TLS; enable the feature `postgres-tls` of `bloom-sql`".into())
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
