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
    /// The `[log]` table.
    pub log: LogConfig,
}

/// How it listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where, such as `127.0.0.1:3000`; port 0 takes a free one.
    pub address: String,
    /// The largest body of a request, in bytes.
    pub body_limit: usize,
}

/// Where its data is.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Such as `sqlite:data/shop.db`; a path is relative to the working directory.
    pub url: String,
    /// When pending migrations are applied.
    pub migrate: MigrateWhen,
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

/// What it logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Such as `info` or `info,shop=debug`.
    pub filter: String,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { address: "127.0.0.1:3000".to_owned(), body_limit: 1024 * 1024 }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: "sqlite:data/app.db".to_owned(), migrate: MigrateWhen::default() }
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
    pub(crate) fn load(name: &str, file: Option<&Path>) -> Result<Self, RunError> {
        let source = match file {
            Some(path) => File::from(path).format(FileFormat::Toml).required(true),
            None => File::new(Self::FILE, FileFormat::Toml).required(false),
        };
        let prefix = name.replace('-', "_").to_uppercase();
        let variables = Environment::with_prefix(&prefix)
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true);
        ::config::Config::builder()
            .add_source(source)
            .add_source(variables)
            .build()
            .and_then(::config::Config::try_deserialize)
            .map_err(RunError::Config)
    }
}
