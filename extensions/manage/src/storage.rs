//! Storages that a binary can open and migrate.

use std::{future::Future, sync::Arc};

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use bloom_runtime::application::StorageStore;
use bloom_runtime::{
    memory::MemoryStorage,
    ports::{Cipher, Cursors, Storage},
};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use bloom_sql::{Projections, Projector, RunningProjections, SqlStorage};

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::verbs::projection::look_after;
use crate::{
    application::Application,
    config::{Config, DatabaseConfig},
    failure::RunError,
};

/// A storage that is opened from the configuration.
pub trait ManagedStorage: Storage + Cursors + Sized {
    /// The steps of its schema.
    type Migrations: Sync;

    /// How its URLs begin: `DATABASE_URL` counts when it begins so.
    const SCHEMES: &'static [&'static str];

    /// Opens it, as it is.
    ///
    /// # Errors
    /// When it cannot be opened, or lacks a migration.
    fn open(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> impl Future<Output = Result<Self, RunError>> + Send;

    /// The same with something to encrypt personal data with.
    #[must_use]
    fn with_cipher(self, cipher: Arc<dyn Cipher>) -> Self;

    /// The same with those read models that are written with the events.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[must_use]
    fn with_inline(self, _projections: &Projections) -> Self {
        self
    }

    /// Each migration and whether it is applied: `(name, applied)`.
    ///
    /// # Errors
    /// When the database does not fit the program or cannot be read.
    fn plan(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> impl Future<Output = Result<Vec<(String, bool)>, RunError>> + Send;

    /// Applies what is pending and returns the names.
    ///
    /// # Errors
    /// When a migration fails; the database is then as it was.
    fn migrate(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> impl Future<Output = Result<Vec<String>, RunError>> + Send;

    /// Lets read models follow the log; `None` when there are none.
    ///
    /// # Errors
    /// [`RunError::NoTables`] where there is no place for them; [`RunError::LeftOut`] when some are written with the events that this program
    /// does not write.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn follow(
        store: &StorageStore<Self>,
        projections: Projections,
    ) -> impl Future<Output = Result<Option<RunningProjections>, RunError>> + Send;

    /// Gives those who write read models their rights, where the configuration names them.
    ///
    /// # Errors
    /// When that cannot be done.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn grant(
        _: &DatabaseConfig,
        _: &Projections,
    ) -> impl Future<Output = Result<(), RunError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Does what `projection` was asked for.
    ///
    /// # Errors
    /// As [`Self::follow`], and what is wrong with a projection.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn look_after(
        store: &StorageStore<Self>,
        projections: Projections,
        arguments: &clap::ArgMatches,
    ) -> impl Future<Output = Result<(), RunError>> + Send;

    /// Does what `verify` was asked for.
    ///
    /// # Errors
    /// What does not hold, and what is wrong with the database.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn verify(
        config: &DatabaseConfig,
        arguments: &clap::ArgMatches,
    ) -> impl Future<Output = Result<(), RunError>> + Send;
}

/// The first two for a storage that has tables.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
macro_rules! read_models_in_tables {
    () => {
        fn with_cipher(self, cipher: Arc<dyn Cipher>) -> Self {
            self.with_cipher(cipher)
        }

        fn with_inline(self, projections: &Projections) -> Self {
            self.with_inline(projections)
        }

        async fn follow(
            store: &StorageStore<Self>,
            projections: Projections,
        ) -> Result<Option<RunningProjections>, RunError> {
            follow(projector(store, projections)).await
        }

        async fn look_after(
            store: &StorageStore<Self>,
            projections: Projections,
            arguments: &clap::ArgMatches,
        ) -> Result<(), RunError> {
            look_after(projector(store, projections), arguments).await
        }
    };
}

/// The read models of a store, in its own database.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn projector<S: SqlStorage>(store: &StorageStore<S>, projections: Projections) -> Projector<S> {
    Projector::new(store.storage(), projections).reading(store.shapes())
}

/// Starts them, unless something is to be written with the events that this program does not write.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
async fn follow<S: SqlStorage>(
    projector: Projector<S>,
) -> Result<Option<RunningProjections>, RunError> {
    let status = projector.status().await?;
    if let Some(projection) = projector.left_out().await?.into_iter().next() {
        let is_known = status.iter().any(|known| known.name == projection);
        let step = if is_known {
            format!(
                "register it with `.inline()` and for all aggregates for which it is written so, or change that by `projection rebuild \
                 {projection}` with this program"
            )
        } else {
            format!(
                "run a program that has it, or, where none has it any more, `projection retire {projection}`"
            )
        };
        return Err(RunError::LeftOut { projection, step });
    }
    for bloom_sql::ProjectionStatus { name, .. } in status.iter().filter(|one| one.awaits_rebuild) {
        tracing::warn!(
            projection = name,
            "it is registered otherwise than it is written: `projection rebuild {name}` changes that, once every process that appends \
             registers it so"
        );
    }
    // Also where there are none: somebody may bring one that has to be written with the events of this program.
    Ok(Some(projector.start()))
}

/// The storage of an application, shared by all of it.
pub(crate) async fn open<A: Application>(config: &Config) -> Result<Arc<A::Storage>, RunError> {
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    if config.database.migrate == crate::config::MigrateWhen::OnStart {
        for name in migrate::<A>(&config.database).await? {
            tracing::info!(migration = name, "applied");
        }
    }
    let storage = <A::Storage as ManagedStorage>::open(&config.database, &A::migrations()).await?;
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    let storage = ManagedStorage::with_inline(storage, &A::projections());
    let cipher = A::cipher(&config.privacy).map_err(RunError::Cipher)?;
    Ok(Arc::new(match cipher {
        Some(cipher) => ManagedStorage::with_cipher(storage, cipher),
        None => storage,
    }))
}

/// Applies what is pending; the names of it.
pub(crate) async fn migrate<A: Application>(
    config: &DatabaseConfig,
) -> Result<Vec<String>, RunError> {
    let names = <A::Storage as ManagedStorage>::migrate(config, &A::migrations()).await?;
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    <A::Storage as ManagedStorage>::grant(config, &A::projections()).await?;
    Ok(names)
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn applied(plan: Vec<(String, bloom_sql::MigrationState)>) -> Vec<(String, bool)> {
    let applied = |state| state == bloom_sql::MigrationState::Applied;
    plan.into_iter().map(|(name, state)| (name, applied(state))).collect()
}

/// Begins empty each time and has no schema.
impl ManagedStorage for MemoryStorage {
    type Migrations = ();

    const SCHEMES: &'static [&'static str] = &["memory:"];

    async fn open(_: &DatabaseConfig, (): &()) -> Result<Self, RunError> {
        Ok(Self::new())
    }

    fn with_cipher(self, cipher: Arc<dyn Cipher>) -> Self {
        self.with_cipher(cipher)
    }

    async fn plan(_: &DatabaseConfig, (): &()) -> Result<Vec<(String, bool)>, RunError> {
        Ok(Vec::new())
    }

    async fn migrate(_: &DatabaseConfig, (): &()) -> Result<Vec<String>, RunError> {
        Ok(Vec::new())
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    async fn follow(
        _: &StorageStore<Self>,
        projections: Projections,
    ) -> Result<Option<RunningProjections>, RunError> {
        if projections.is_empty() { Ok(None) } else { Err(RunError::NoTables) }
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    async fn look_after(
        _: &StorageStore<Self>,
        _: Projections,
        _: &clap::ArgMatches,
    ) -> Result<(), RunError> {
        Err(RunError::NoTables)
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    async fn verify(_: &DatabaseConfig, _: &clap::ArgMatches) -> Result<(), RunError> {
        Err(RunError::NoTables)
    }
}

#[cfg(feature = "sqlite")]
impl ManagedStorage for bloom_sql::SqliteStorage {
    type Migrations = bloom_sql::Migrations;

    const SCHEMES: &'static [&'static str] = &["sqlite:"];

    async fn open(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> Result<Self, RunError> {
        Ok(Self::open(sqlite_path(config)?, migrations)?)
    }

    async fn plan(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> Result<Vec<(String, bool)>, RunError> {
        Ok(applied(Self::plan(sqlite_path(config)?, migrations)?))
    }

    async fn migrate(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> Result<Vec<String>, RunError> {
        Ok(Self::migrate(sqlite_path(config)?, migrations)?)
    }

    read_models_in_tables!();

    async fn verify(config: &DatabaseConfig, arguments: &clap::ArgMatches) -> Result<(), RunError> {
        crate::verify::run::<Self>(sqlite_path(config), arguments).await
    }
}

#[cfg(feature = "sqlite")]
fn sqlite_path(config: &DatabaseConfig) -> Result<&str, RunError> {
    config
        .url
        .strip_prefix("sqlite:")
        .filter(|path| !path.is_empty())
        .ok_or_else(|| config.not_this("`sqlite:` and a path"))
}

#[cfg(feature = "postgres")]
impl ManagedStorage for bloom_sql::PostgresStorage {
    type Migrations = bloom_sql::Migrations;

    const SCHEMES: &'static [&'static str] = &["postgres:", "postgresql:"];

    async fn open(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> Result<Self, RunError> {
        let options = bloom_sql::PostgresOptions::default().with_connections(config.connections);
        let options = if config.row_security { options.with_row_security() } else { options };
        let options = match &config.projection_role {
            Some(role) => options.with_projection_role(role),
            None => options,
        };
        Ok(Self::open_with(postgres_url(config)?, migrations, &options).await?)
    }

    async fn plan(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> Result<Vec<(String, bool)>, RunError> {
        Ok(applied(Self::plan(postgres_url(config)?, migrations).await?))
    }

    async fn migrate(
        config: &DatabaseConfig,
        migrations: &Self::Migrations,
    ) -> Result<Vec<String>, RunError> {
        Ok(Self::migrate(postgres_url(config)?, migrations).await?)
    }

    async fn grant(config: &DatabaseConfig, projections: &Projections) -> Result<(), RunError> {
        let Some(role) = &config.projection_role else { return Ok(()) };
        Ok(Self::grant_to_projections(postgres_url(config)?, role, &projections.tables()).await?)
    }

    read_models_in_tables!();

    async fn verify(config: &DatabaseConfig, arguments: &clap::ArgMatches) -> Result<(), RunError> {
        crate::verify::run::<Self>(postgres_url(config), arguments).await
    }
}

#[cfg(feature = "postgres")]
fn postgres_url(config: &DatabaseConfig) -> Result<&str, RunError> {
    let schemes = <bloom_sql::PostgresStorage as ManagedStorage>::SCHEMES;
    if schemes.iter().any(|scheme| config.url.starts_with(scheme)) {
        return Ok(&config.url);
    }
    Err(config.not_this("`postgres://user:password@host/database`"))
}
