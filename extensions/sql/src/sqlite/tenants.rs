//! A file for each tenant.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bloom_runtime::{
    application::Placement,
    ports::{Cipher, StoreError},
};

use super::storage::SqliteStorage;
use crate::{
    migration::Migrations,
    projection::Projections,
    tenants::{OpenStorages, TenantError, checked, missing},
};

/// Keeps each tenant in a file of its own in one folder, with a log and positions of its own.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// # use bloom_runtime::{application::{Documents, StorageStore, in_context}, ports::{Context, Store}, memory::MemoryStorage};
/// # use bloom_sql::{FilePerTenant, Migrations, SqliteStorage};
/// # fn store(main: SqliteStorage, folder: &std::path::Path, migrations: Migrations) -> Result<(), Box<dyn std::error::Error>> {
/// let tenants = FilePerTenant::in_folder(folder.join("tenants"), migrations);
/// tenants.create("acme")?;
/// let store = StorageStore::new(main).tenants_apart(tenants);
/// // A unit of work that begins in the context of `acme` works in `tenants/acme.db`.
/// # Ok(()) }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FilePerTenant {
    folder: PathBuf,
    migrations: Migrations,
    storages: OpenStorages<SqliteStorage>,
    cipher: Option<Arc<dyn Cipher>>,
    inline: Option<Projections>,
}

impl FilePerTenant {
    /// Those in this folder, of which at most a hundred are open at a time.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>, migrations: Migrations) -> Self {
        let (folder, storages) = (folder.into(), OpenStorages::at_most(100));
        Self { folder, migrations, storages, cipher: None, inline: None }
    }

    /// The same with at most so many open at a time.
    #[must_use]
    pub fn open_at_most(mut self, most: usize) -> Self {
        self.storages = OpenStorages::at_most(most);
        self
    }

    /// The same with something to encrypt personal data with, for each.
    #[must_use]
    pub fn with_cipher(mut self, cipher: Arc<dyn Cipher>) -> Self {
        self.cipher = Some(cipher);
        self
    }

    /// The same with read models that are written with the events, for each: those of them that are [`inline`](crate::Projected::inline).
    #[must_use]
    pub fn with_inline(mut self, projections: Projections) -> Self {
        self.inline = Some(projections);
        self
    }

    /// Makes the file of a tenant, or applies to it what it lacks; the names of what was applied.
    ///
    /// # Errors
    /// When the name does not do, or the file cannot be made.
    pub fn create(&self, tenant: &str) -> Result<Vec<String>, TenantError> {
        let path = self.path(checked(tenant)?);
        SqliteStorage::migrate(path, &self.migrations)
            .map_err(|source| TenantError::Storage { name: tenant.to_owned(), source })
    }

    /// The tenants that have a file, in order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn tenants(&self) -> Result<Vec<String>, TenantError> {
        let place = |error: std::io::Error| TenantError::Place(error.into());
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in self.folder.read_dir().map_err(place)? {
            let path = entry.map_err(place)?.path();
            let is_database = path.extension().is_some_and(|extension| extension == "db");
            let name = path.file_stem().and_then(|name| name.to_str());
            if let Some(name) = name.filter(|name| is_database && checked(name).is_ok()) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn path(&self, tenant: &str) -> PathBuf {
        self.folder.join(Path::new(tenant).with_extension("db"))
    }

    fn open(&self, tenant: &str) -> Result<SqliteStorage, StoreError> {
        let path = self.path(tenant);
        if !path.is_file() {
            return Err(missing(tenant));
        }
        let storage = SqliteStorage::open(path, &self.migrations).map_err(|source| {
            TenantError::Storage { name: tenant.to_owned(), source }.into_store_error()
        })?;
        let storage = match &self.inline {
            Some(projections) => storage.with_inline(projections),
            None => storage,
        };
        Ok(match &self.cipher {
            Some(cipher) => storage.with_cipher(Arc::clone(cipher)),
            None => storage,
        })
    }
}

impl Placement<SqliteStorage> for FilePerTenant {
    async fn storage(&self, tenant: &str) -> Result<Arc<SqliteStorage>, StoreError> {
        let tenant = checked(tenant).map_err(TenantError::into_store_error)?;
        self.storages.get(tenant, async { self.open(tenant) }).await
    }
}
