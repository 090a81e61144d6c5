//! How a connection is made, and what each is like.

use std::{error::Error, future::poll_fn, str::FromStr, time::Duration};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, RecyclingMethod};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, NoTls, Notification, config::SslMode,
};

type Failure = Box<dyn Error + Send + Sync>;

/// How the server that the URL names is connected to.
fn configured(url: &str) -> Result<Config, Failure> {
    let mut config = Config::from_str(url)?;
    config.application_name("bloom").keepalives_idle(Duration::from_secs(30));
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    // An encrypted connection to somebody unknown protects from nobody: it is asked for, and then checked, or it is not.
    if config.get_ssl_mode() != SslMode::Require {
        config.ssl_mode(SslMode::Disable);
    }
    Ok(config)
}

/// Makes connections to the server that the URL names.
pub(super) fn manager(url: &str) -> Result<Manager, Failure> {
    let config = configured(url)?;
    let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    if config.get_ssl_mode() == SslMode::Require {
        return Ok(Manager::from_config(config, tls()?, settings));
    }
    Ok(Manager::from_config(config, NoTls, settings))
}

/// A connection that hands on what others tell through the server, until it is lost.
pub(super) async fn told(
    url: &str,
) -> Result<(Client, mpsc::UnboundedReceiver<Notification>), Failure> {
    let config = configured(url)?;
    if config.get_ssl_mode() == SslMode::Require {
        return Ok(handed_on(config.connect(tls()?).await?));
    }
    Ok(handed_on(config.connect(NoTls).await?))
}

fn handed_on<S, T>(
    (client, mut connection): (Client, Connection<S, T>),
) -> (Client, mpsc::UnboundedReceiver<Notification>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (hear, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            let AsyncMessage::Notification(said) = message else { continue };
            if hear.send(said).is_err() {
                return;
            }
        }
    });
    (client, heard)
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
fn tls() -> Result<tokio_postgres_rustls::MakeRustlsConnect, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let client = rustls::ClientConfig::builder_with_provider(std::sync::Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()?
    .with_root_certificates(roots)
    .with_no_client_auth();
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(client))
}

#[cfg(not(feature = "postgres-tls"))]
fn tls() -> Result<NoTls, Failure> {
    Err("the URL asks for TLS; enable the feature `postgres-tls` of `bloom-sql`".into())
}
