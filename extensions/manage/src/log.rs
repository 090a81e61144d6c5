//! What is logged: to standard error, as much as the configuration or `RUST_LOG` says.

use std::{
    env,
    io::{self, IsTerminal as _},
};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{config::LogConfig, failure::RunError};

/// Begins to log.
pub(crate) fn start(config: &LogConfig) -> Result<(), RunError> {
    let given = env::var("RUST_LOG").ok().filter(|filter| !filter.trim().is_empty());
    let filter = given.unwrap_or_else(|| config.filter.clone());
    let targets = parse(&filter).ok_or(RunError::LogFilter { filter })?;
    // Colours are for people; a file or another program gets plain text.
    let lines = fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    // A second subscriber is refused when a test has set one already; that one serves as well.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    Ok(())
}

/// The filter; `None` for what `Targets` would take as the name of a module that nobody has.
fn parse(filter: &str) -> Option<Targets> {
    let known = |part: &str| {
        let (module, level) = part.split_once('=').unwrap_or(("", part));
        let level = level.trim();
        !module.contains('[') && !level.is_empty() && level.parse::<LevelFilter>().is_ok()
    };
    filter.split(',').all(|part| known(part.trim())).then(|| filter.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_levels_by_module() {
        for good in ["info", "OFF", "warn,shop=debug", "shop::domain=trace, hyper=error"] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in ["", "inof", "shop", "shop=loud", "shop[request]=debug", "info,,"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
