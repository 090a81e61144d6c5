//! What a project composes.

use std::sync::Arc;

use bloom_runtime::{
    application::{StorageStore, Subscriptions},
    ports::{Cipher, Storage},
};

use crate::{config::PrivacyConfig, storage::ManagedStorage, verb::Verb};

/// Why there is no cipher.
pub type CipherError = Box<dyn std::error::Error + Send + Sync>;

/// An application: its store, its routes, its event handlers and its verbs.
pub trait Application: Sized + Send + Sync + 'static {
    /// The name of the binary; in capitals, the prefix of its environment variables.
    const NAME: &'static str;
    /// The version.
    const VERSION: &'static str;

    /// The storage, chosen here and nowhere else.
    type Storage: ManagedStorage;

    /// The steps of the schema.
    fn migrations() -> <Self::Storage as ManagedStorage>::Migrations;

    /// How each aggregate is kept, in [`Self::Storage`] or, in tests, in memory.
    fn store<S: Storage>(storage: Arc<S>) -> StorageStore<S>;

    /// What personal data is encrypted with; nothing, unless it is written, and then none is stored.
    /// `bloom-privacy` has one.
    ///
    /// # Errors
    /// What is wrong with the key in the configuration.
    fn cipher(_privacy: &PrivacyConfig) -> Result<Option<Arc<dyn Cipher>>, CipherError> {
        Ok(None)
    }

    /// What holds for the storage of the program alone, such as tenants with storages of their own; nothing, unless it is written.
    ///
    /// ```ignore
    /// fn on_storage(store: StorageStore<SqliteStorage>) -> StorageStore<SqliteStorage> {
    ///     store.tenants_apart(FilePerTenant::in_folder("data/tenants", Self::migrations()))
    /// }
    /// ```
    #[must_use]
    fn on_storage(store: StorageStore<Self::Storage>) -> StorageStore<Self::Storage> {
        store
    }

    /// Adds the event handlers.
    #[must_use]
    fn subscriptions(
        _store: &StorageStore<Self::Storage>,
        subscriptions: Subscriptions<Self::Storage>,
    ) -> Subscriptions<Self::Storage> {
        subscriptions
    }

    /// The read models, which follow the log while the application serves.
    ///
    /// ```ignore
    /// fn projections() -> Projections {
    ///     Projections::new().with(Projected::new(OrderList).from::<Order>())
    /// }
    /// ```
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[must_use]
    fn projections() -> bloom_sql::Projections {
        bloom_sql::Projections::new()
    }

    /// What the server answers.
    #[cfg(feature = "web")]
    fn routes(_store: StorageStore<Self::Storage>) -> bloom_web::axum::Router {
        bloom_web::axum::Router::new()
    }

    /// The project's own verbs.
    #[must_use]
    fn verbs() -> Vec<Verb<Self::Storage>> {
        Vec::new()
    }
}
