//! A schema or a database for each tenant.

use std::{future::Future, sync::Arc};

use bloom_runtime::{
    application::Placement,
    ports::{Cipher, StoreError},
};

use super::{
    options::PostgresOptions,
    pool::{Connections, Whose},
    storage::PostgresStorage,
};
use crate::{
    migration::{MigrationError, Migrations},
    projection::Projections,
    tenants::{OpenStorages, TenantError, checked, missing},
};

/// How many connections the pool of one tenant has, unless it is said.
const FEW: PostgresOptions =
    PostgresOptions { connections: 4, row_security: false, projection_role: None };

/// Keeps each tenant in a schema of its own of one database, with a log and positions of its own. The schemas are called
/// `tenant_` and the name.
///
/// Each tenant that is open has a pool of its own, four connections at most unless [`with`](Self::with) says otherwise, and two
/// besides, as [`PostgresOptions::connections`] says: mind what the server allows.
pub struct SchemaPerTenant {
    url: String,
    migrations: Migrations,
    options: PostgresOptions,
    storages: OpenStorages<PostgresStorage>,
    cipher: Option<Arc<dyn Cipher>>,
    inline: Option<Projections>,
}

/// Keeps each tenant in a database of its own on one server, with a log and positions of its own. The databases are called
/// `tenant_` and the name.
pub struct DatabasePerTenant {
    url: String,
    migrations: Migrations,
    options: PostgresOptions,
    storages: OpenStorages<PostgresStorage>,
    cipher: Option<Arc<dyn Cipher>>,
    inline: Option<Projections>,
}

impl SchemaPerTenant {
    /// Those in the database that the URL names, of which at most twenty are open at a time.
    #[must_use]
    pub fn on(url: impl Into<String>, migrations: Migrations) -> Self {
        Self {
            url: url.into(),
            migrations,
            options: FEW,
            storages: OpenStorages::at_most(20),
            cipher: None,
            inline: None,
        }
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

    /// The same with these options for each, and at most so many open at a time.
    #[must_use]
    pub fn with(mut self, options: PostgresOptions, most: usize) -> Self {
        (self.options, self.storages) = (options, OpenStorages::at_most(most));
        self
    }

    /// Makes the schema of a tenant, or applies to it what it lacks; the names of what was applied.
    ///
    /// # Errors
    /// When the name does not do, or the schema cannot be made.
    pub async fn create(&self, tenant: &str) -> Result<Vec<String>, TenantError> {
        let tenant = checked(tenant)?;
        let made = async {
            let sql = format!("CREATE SCHEMA IF NOT EXISTS \"tenant_{tenant}\"");
            run(&self.url, &sql).await?;
            self.leads_there(tenant).await?;
            PostgresStorage::migrate(&self.address(tenant), &self.migrations).await
        };
        made.await.map_err(|source| TenantError::Storage { name: tenant.to_owned(), source })
    }

    /// The tenants that have a schema, in order.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn tenants(&self) -> Result<Vec<String>, TenantError> {
        named(&self.url, "SELECT nspname::text FROM pg_namespace").await
    }

    /// Whether the address leads into the schema: a pooler in between may leave out what a connection asks for at its start, and all
    /// tenants would share one schema.
    async fn leads_there(&self, tenant: &str) -> Result<(), MigrationError> {
        let schema = names(&self.address(tenant), "SELECT current_schema()::text").await?;
        if schema == [format!("tenant_{tenant}")] {
            return Ok(());
        }
        let said = format!(
            "the server, or a pooler before it, does not take `search_path` from the address: {schema:?}"
        );
        Err(MigrationError::Unavailable(said.into()))
    }

    fn address(&self, tenant: &str) -> String {
        let path = format!("-csearch_path%3Dtenant_{tenant}");
        match self.url.split_once("options=") {
            // What the address asks for already stays; the last one counts for a name that is there twice.
            Some((before, after)) => {
                let end = after.find('&').unwrap_or(after.len());
                format!("{before}options={}%20{path}{}", &after[..end], &after[end..])
            }
            None => {
                let sign = if self.url.contains('?') { '&' } else { '?' };
                format!("{}{sign}options={path}", self.url)
            }
        }
    }
}

impl DatabasePerTenant {
    /// Those on the server that the URL names, of which at most twenty are open at a time. The URL names a database in which
    /// `CREATE DATABASE` can be said, such as `postgres`.
    #[must_use]
    pub fn on(url: impl Into<String>, migrations: Migrations) -> Self {
        Self {
            url: url.into(),
            migrations,
            options: FEW,
            storages: OpenStorages::at_most(20),
            cipher: None,
            inline: None,
        }
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

    /// The same with these options for each, and at most so many open at a time.
    #[must_use]
    pub fn with(mut self, options: PostgresOptions, most: usize) -> Self {
        (self.options, self.storages) = (options, OpenStorages::at_most(most));
        self
    }

    /// Makes the database of a tenant, or applies to it what it lacks; the names of what was applied.
    ///
    /// # Errors
    /// When the name does not do, or the database cannot be made.
    pub async fn create(&self, tenant: &str) -> Result<Vec<String>, TenantError> {
        let tenant = checked(tenant)?;
        let made = async {
            if !self.exists(tenant).await? {
                run(&self.url, &format!("CREATE DATABASE \"tenant_{tenant}\"")).await?;
            }
            PostgresStorage::migrate(&self.address(tenant)?, &self.migrations).await
        };
        made.await.map_err(|source| TenantError::Storage { name: tenant.to_owned(), source })
    }

    /// The tenants that have a database, in order.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn tenants(&self) -> Result<Vec<String>, TenantError> {
        named(&self.url, "SELECT datname::text FROM pg_database").await
    }

    async fn exists(&self, tenant: &str) -> Result<bool, MigrationError> {
        let sql = "SELECT datname::text FROM pg_database";
        let all = names(&self.url, sql).await?;
        Ok(all.iter().any(|name| name.strip_prefix("tenant_") == Some(tenant)))
    }

    /// The URL with the tenant's database in place of its own.
    fn address(&self, tenant: &str) -> Result<String, MigrationError> {
        let (before, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (scheme, rest) = before.split_once("://").ok_or_else(|| {
            MigrationError::Unavailable("the address of a server begins with `postgres://`".into())
        })?;
        let server = rest.split_once('/').map_or(rest, |(server, _)| server);
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        Ok(format!("{scheme}://{server}/tenant_{tenant}{query}"))
    }
}

impl Placement<PostgresStorage> for SchemaPerTenant {
    async fn storage(&self, tenant: &str) -> Result<Arc<PostgresStorage>, StoreError> {
        let tenant = checked(tenant).map_err(TenantError::into_store_error)?;
        let open = async {
            let there = named(&self.url, "SELECT nspname::text FROM pg_namespace").await;
            let open = async {
                self.leads_there(tenant).await?;
                let address = self.address(tenant);
                PostgresStorage::open_with(&address, &self.migrations, &self.options).await
            };
            let storage = opened(tenant, there, open).await?;
            let storage = match &self.inline {
                Some(projections) => storage.with_inline(projections),
                None => storage,
            };
            Ok(match &self.cipher {
                Some(cipher) => storage.with_cipher(Arc::clone(cipher)),
                None => storage,
            })
        };
        self.storages.get(tenant, open).await
    }
}

impl Placement<PostgresStorage> for DatabasePerTenant {
    async fn storage(&self, tenant: &str) -> Result<Arc<PostgresStorage>, StoreError> {
        let tenant = checked(tenant).map_err(TenantError::into_store_error)?;
        let open = async {
            let there = named(&self.url, "SELECT datname::text FROM pg_database").await;
            let open = async {
                let address = self.address(tenant)?;
                PostgresStorage::open_with(&address, &self.migrations, &self.options).await
            };
            let storage = opened(tenant, there, open).await?;
            let storage = match &self.inline {
                Some(projections) => storage.with_inline(projections),
                None => storage,
            };
            Ok(match &self.cipher {
                Some(cipher) => storage.with_cipher(Arc::clone(cipher)),
                None => storage,
            })
        };
        self.storages.get(tenant, open).await
    }
}

/// Opens the storage of a tenant, if it is among those there are.
async fn opened(
    tenant: &str,
    there: Result<Vec<String>, TenantError>,
    open: impl Future<Output = Result<PostgresStorage, MigrationError>>,
) -> Result<PostgresStorage, StoreError> {
    let there = there.map_err(TenantError::into_store_error)?;
    if there.iter().all(|name| name != tenant) {
        return Err(missing(tenant));
    }
    open.await.map_err(|source| {
        TenantError::Storage { name: tenant.to_owned(), source }.into_store_error()
    })
}

/// The tenants among these names.
async fn named(url: &str, sql: &str) -> Result<Vec<String>, TenantError> {
    let all = names(url, sql).await.map_err(|error| TenantError::Place(error.into()))?;
    let mut tenants: Vec<String> =
        all.iter().filter_map(|name| name.strip_prefix("tenant_")).map(ToOwned::to_owned).collect();
    tenants.sort();
    Ok(tenants)
}

async fn names(url: &str, sql: &str) -> Result<Vec<String>, MigrationError> {
    let connections = Connections::open(url, 1, false)?;
    let unavailable = |error: StoreError| MigrationError::Unavailable(error.into());
    let client = connections.take(Whose::All).await.map_err(unavailable)?;
    let rows = client.query(sql, &[]).await.map_err(super::migrate::unavailable)?;
    Ok(rows.iter().filter_map(|row| row.get(0)).collect())
}

async fn run(url: &str, sql: &str) -> Result<(), MigrationError> {
    let connections = Connections::open(url, 1, false)?;
    let unavailable = |error: StoreError| MigrationError::Unavailable(error.into());
    let client = connections.take(Whose::All).await.map_err(unavailable)?;
    client.batch_execute(sql).await.map_err(super::migrate::unavailable)
}
