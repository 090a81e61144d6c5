//! `serve`: answers requests and runs the event handlers until it is told to stop.

use std::sync::Arc;

use bloom_runtime::application::{Observer, Subscriptions};
use clap::{Arg, ArgMatches, Command};

use crate::{
    application::Application, config::Config, failure::RunError, retention::look_after,
    storage::open,
};

pub(crate) fn command() -> Command {
    Command::new("serve").about("Serve until interrupted; what happens without a verb, too").arg(
        Arg::new("address")
            .long("address")
            .value_name("HOST:PORT")
            .help("Listen here instead of where the configuration says"),
    )
}

pub(crate) async fn run<A: Application>(
    mut config: Config,
    arguments: Option<&ArgMatches>,
) -> Result<(), RunError> {
    if let Some(address) = arguments.and_then(|arguments| arguments.get_one::<String>("address")) {
        config.server.address.clone_from(address);
    }
    let storage = open::<A>(&config).await?;
    let store = A::on_storage(A::store(Arc::clone(&storage)));
    if let Some(missing) = store.missing_document().await? {
        let (table, stream) = (missing.table, missing.stream.to_string());
        return Err(RunError::MissingDocument { table, stream });
    }
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    if store.has_storage_per_tenant() && !A::projections().is_empty() {
        return Err(RunError::ProjectionsPerTenant);
    }
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    let read_models = crate::storage::ManagedStorage::follow(&store, A::projections()).await?;
    let running = A::subscriptions(&store, Subscriptions::new(storage)).start();
    let followers = running.observer();
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    let followers = match &read_models {
        Some(read_models) => followers.and(read_models.observer()),
        None => followers,
    };
    let retention = tokio::spawn(look_after::<A>(store.clone(), config.events.clone()));
    let served = serve::<A>(&config, store, followers).await;
    retention.abort();
    // Other processes go on with each of them, whichever takes longest here.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    let ((), ()) = tokio::join!(running.stop(), async {
        if let Some(read_models) = read_models {
            read_models.stop().await;
        }
    });
    #[cfg(not(any(feature = "sqlite", feature = "postgres")))]
    running.stop().await;
    served
}

#[cfg(feature = "web")]
async fn serve<A: Application>(
    config: &Config,
    store: bloom_runtime::application::StorageStore<A::Storage>,
    followers: Observer,
) -> Result<(), RunError> {
    let options = bloom_web::ServerOptions {
        address: config.server.address.clone(),
        body_limit: config.server.body_limit,
    };
    let storage = Arc::clone(store.storage());
    let ready = crate::readiness::Ready::new(storage, followers, config.server.max_lag);
    let routes = A::routes(store).merge(bloom_web::health(ready));
    let listening = |address| crate::terminal::line(format_args!("listening on http://{address}"));
    Ok(bloom_web::serve(routes, &options, listening, told_to_stop()).await?)
}

#[cfg(not(feature = "web"))]
async fn serve<A: Application>(
    _: &Config,
    _: bloom_runtime::application::StorageStore<A::Storage>,
    _: Observer,
) -> Result<(), RunError> {
    crate::terminal::line("running");
    told_to_stop().await;
    Ok(())
}

/// Ctrl-C, or the signal with which services are stopped.
async fn told_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
    tracing::info!("stopping");
}
