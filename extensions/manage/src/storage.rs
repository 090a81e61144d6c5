//! Storages that a binary can open and migrate.

use std::sync::Arc;

use bloom_runtime::{memory::MemoryStorage, ports::Storage};

use crate::{config::DatabaseConfig, failure::RunError};

/// A storage that is opened from the configuration.
pub trait ManagedStorage: Storage + Sized {
    /// The steps of its schema.
    type Migrations;

    /// Opens it, migrating first if the configuration says so.
    ///
    /// # Errors
    /// When it cannot be opened, or lacks a migration.
    fn open(config: &DatabaseConfig, migrations: &Self::Migrations) -> Result<Self, RunError>;

    /// Each migration and whether it is applied: `(name, applied)`.
    ///
    /// # Errors
    /// When the database does not fit the program or cannot be read.
    fn plan(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> Result<Vec<(String, bool)>, RunError>;

    /// Applies what is pending and returns the names.
    ///
    /// # Errors
    /// When a migration fails; the database is then as it was.
    fn migrate(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> Result<Vec<String>, RunError>;
}

/// The storage of an application, shared by all of it.
pub(crate) fn open<S: ManagedStorage>(
    config: &DatabaseConfig,
    migrations: &S::Migrations,
) -> Result<Arc<S>, RunError> {
    S::open(config, migrations).map(Arc::new)
}

/// Begins empty each time and has no schema.
impl ManagedStorage for MemoryStorage {
    type Migrations = ();

    fn open(_: &DatabaseConfig, (): &()) -> Result<Self, RunError> {
        Ok(Self::new())
    }

    fn plan(_: &DatabaseConfig, (): &()) -> Result<Vec<(String, bool)>, RunError> {
        Ok(Vec::new())
    }

    fn migrate(_: &DatabaseConfig, (): &()) -> Result<Vec<String>, RunError> {
        Ok(Vec::new())
    }
}

#[cfg(feature = "sqlite")]
impl ManagedStorage for bloom_sql::SqliteStorage {
    type Migrations = bloom_sql::Migrations;

    fn open(config: &DatabaseConfig, migrations: &Self::Migrations) -> Result<Self, RunError> {
        if config.migrate == crate::config::MigrateWhen::OnStart {
            for name in <Self as ManagedStorage>::migrate(config, migrations)? {
                tracing::info!(migration = name, "applied");
            }
        }
        Ok(Self::open(sqlite_path(config)?, migrations)?)
    }

    fn plan(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> Result<Vec<(String, bool)>, RunError> {
        let plan = Self::plan(sqlite_path(config)?, migrations)?;
        Ok(plan
            .into_iter()
            .map(|(name, state)| (name, state == bloom_sql::MigrationState::Applied))
            .collect())
    }

    fn migrate(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> Result<Vec<String>, RunError> {
        Ok(Self::migrate(sqlite_path(config)?, migrations)?)
    }
}

#[cfg(feature = "sqlite")]
fn sqlite_path(config: &DatabaseConfig) -> Result<&str, RunError> {
    config.url.strip_prefix("sqlite:").filter(|path| !path.is_empty()).ok_or_else(|| {
        RunError::DatabaseUrl { url: config.url.clone(), expected: "`sqlite:` and a path" }
    })
}
