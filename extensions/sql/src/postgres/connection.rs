//! How a connection is made, and what each is like.

use std::{error::Error, str::FromStr, time::Duration};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, RecyclingMethod};
use tokio_postgres::{Config, NoTls, config::SslMode};

/// Makes connections to the server that the URL names.
pub(super) fn manager(url: &str) -> Result<Manager, Box<dyn Error + Send + Sync>> {
    let mut config = Config::from_str(url)?;
    config.application_name("bloom").keepalives_idle(Duration::from_secs(30));
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    // An encrypted connection to somebody unknown protects from nobody: it is asked for, and then checked, or it is not.
    if config.get_ssl_mode() == SslMode::Require {
        return with_tls(config, settings);
    }
    config.ssl_mode(SslMode::Disable);
    Ok(Manager::from_config(config, NoTls, settings))
}

/// What a unit of work reads is committed, and what it checks is checked under a lock; a stricter level set by the server
/// or the role would turn waiting into failing.
pub(super) fn settle() -> Hook {
    const LEVEL: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED";
    Hook::async_fn(|client, _| {
        Box::pin(async move { client.batch_execute(LEVEL).await.map_err(HookError::Backend) })
    })
}

#[cfg(feature = "postgres-tls")]
fn with_tls(
    config: Config,
    manager: ManagerConfig,
) -> Result<Manager, Box<dyn Error + Send + Sync>> {
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
fn with_tls(_: Config, _: ManagerConfig) -> Result<Manager, Box<dyn Error + Send + Sync>> {
    Err("the URL asks for TLS; enable the feature `postgres-tls` of `bloom-sql`".into())
}
