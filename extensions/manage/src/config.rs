//! One typed configuration: defaults, then a file, then the environment, then flags.

use std::path::Path;

use ::config::{Environment, File, FileFormat};
use serde::Deserialize;

use crate::failure::RunError;

/// What an application is told from outside.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The `[server]` table.
    pub server: ServerConfig,
    /// The `[database]` table.
    pub database: DatabaseConfig,
    /// The `[events]` table.
    pub events: EventsConfig,
    /// The `[log]` table.
    pub log: LogConfig,
    /// The `[privacy]` table.
    pub privacy: PrivacyConfig,
}

/// How it listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where, such as `127.0.0.1:3000`; port 0 takes a free one.
    pub address: String,
    /// The largest body of a request, in bytes.
    pub body_limit: usize,
    /// How long, in seconds, an event may wait for an event handler or a read model until the application is not ready any more; 0 for
    /// ever.
    pub max_lag: u64,
}

/// Where its data is.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Such as `sqlite:data/shop.db`, where a path is relative to the working directory, or
    /// `postgres://shop:secret@localhost/shop`. `DATABASE_URL` in the environment counts for more than the file.
    pub url: String,
    /// When pending migrations are applied.
    pub migrate: MigrateWhen,
    /// How many connections to a server there are at most.
    pub connections: usize,
    /// Whether a PostgreSQL server keeps tenants apart, too, by the policies of its tables.
    pub row_security: bool,
    /// The role of a PostgreSQL server in which read models are written, which has no right to write events; the role that connects,
    /// unless one is given. `migrate up` gives it its rights.
    pub projection_role: Option<String>,
}

/// When pending migrations are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MigrateWhen {
    /// Before serving, for development.
    OnStart,
    /// By `migrate up` alone; serving a database that lacks one is refused.
    #[default]
    ByHand,
}

/// How long events are kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventsConfig {
    /// How old, in days, an event has to be to be truncated, hourly while the application serves and by `events truncate`; 0 keeps them for ever.
    pub keep_days: u32,
    /// The file to which events are appended before they are truncated; none, unless it is given.
    pub archive: Option<std::path::PathBuf>,
}

/// What it logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Such as `info` or `info,shop=debug`.
    pub filter: String,
}

/// How personal data is encrypted.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrivacyConfig {
    /// The key under which the keys of people are stored; it belongs into the environment, not into a file.
    master_key: Option<String>,
}

impl PrivacyConfig {
    /// The master key.
    ///
    /// # Errors
    /// When there is none.
    pub fn master_key(&self) -> Result<&str, MissingMasterKey> {
        self.master_key.as_deref().filter(|key| !key.is_empty()).ok_or(MissingMasterKey)
    }
}

/// A key is shown to nobody.
impl std::fmt::Debug for PrivacyConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let master_key = if self.master_key.is_some() { "***" } else { "none" };
        f.debug_struct("PrivacyConfig").field("master_key", &master_key).finish()
    }
}

/// Personal data is to be encrypted under a key that nobody has given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "`privacy.master_key` is not set: make one with `openssl rand -base64 32`, and give it in the environment, as <NAME>_PRIVACY__MASTER_KEY"
)]
pub struct MissingMasterKey;

impl DatabaseConfig {
    /// The URL without its password, to be shown.
    #[must_use]
    pub fn shown(&self) -> String {
        let Some((before, host)) = self.url.rsplit_once('@') else { return self.url.clone() };
        let start = before.find("://").map_or(0, |at| at + 3);
        match before[start..].split_once(':') {
            Some((user, _)) => format!("{}{user}:***@{host}", &before[..start]),
            None => self.url.clone(),
        }
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn not_this(&self, expected: &'static str) -> RunError {
        RunError::DatabaseUrl { url: self.shown(), expected }
    }
}

/// A password is shown to nobody.
impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("DatabaseConfig");
        shown.field("url", &self.shown()).field("migrate", &self.migrate);
        shown.field("connections", &self.connections).field("row_security", &self.row_security);
        shown.field("projection_role", &self.projection_role);
        shown.finish()
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { address: "127.0.0.1:3000".to_owned(), body_limit: 1024 * 1024, max_lag: 60 }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: "sqlite:data/app.db".to_owned(),
            migrate: MigrateWhen::default(),
            connections: 16,
            row_security: false,
            projection_role: None,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".to_owned() }
    }
}

impl Config {
    /// Where the file is looked for when nobody says.
    pub(crate) const FILE: &str = "config/default.toml";

    /// Reads the file, if it is there or was asked for, and the variables that begin with the name of the
    /// application: `SHOP_SERVER__ADDRESS` is `server.address`.
    pub(crate) fn load(
        name: &str,
        file: Option<&Path>,
        schemes: &[&str],
    ) -> Result<Self, RunError> {
        let source = match file {
            Some(path) => File::from(path).format(FileFormat::Toml).required(true),
            None => File::new(Self::FILE, FileFormat::Toml).required(false),
        };
        let prefix = name.replace('-', "_").to_uppercase();
        let variables = Environment::with_prefix(&prefix)
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true);
        let builder = ::config::Config::builder().add_source(source);
        // The name that everybody knows, unless it is meant for another program.
        let url = std::env::var("DATABASE_URL").ok();
        let url = url.filter(|url| schemes.iter().any(|scheme| url.starts_with(scheme)));
        let builder = match url {
            Some(url) => {
                let known = ::config::Config::builder().set_override("database.url", url);
                builder.add_source(known.and_then(|known| known.build()).map_err(RunError::Config)?)
            }
            None => builder,
        };
        builder
            .add_source(variables)
            .build()
            .and_then(::config::Config::try_deserialize)
            .map_err(RunError::Config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        for (url, shown) in [
            ("postgres://ada:se:cr@t@host:5432/shop", "postgres://ada:***@host:5432/shop"),
            ("postgres://ada@host/shop", "postgres://ada@host/shop"),
            ("postgres://host/shop", "postgres://host/shop"),
            ("sqlite:data/shop.db", "sqlite:data/shop.db"),
        ] {
            let config = DatabaseConfig { url: url.to_owned(), ..DatabaseConfig::default() };
            assert_eq!(config.shown(), shown);
            assert!(!format!("{config:?}").contains("cr@t"));
        }
    }
}
