//! What is logged: to standard error, as much as the configuration or `RUST_LOG` says.

use std::env;

use tracing_subscriber::{
    filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{config::LogConfig, failure::RunError};

/// Begins to log.
pub(crate) fn start(config: &LogConfig) -> Result<(), RunError> {
    let filter = env::var("RUST_LOG").unwrap_or_else(|_| config.filter.clone());
    let targets: Targets =
        filter.parse().map_err(|source| RunError::LogFilter { filter, source })?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    // A second subscriber is refused when a test has set one already; that one serves as well.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    Ok(())
}
