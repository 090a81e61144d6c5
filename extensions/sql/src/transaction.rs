//! The transaction of a commit, as a hook sees it.

use std::collections::BTreeSet;

use bloom_runtime::{
    application::{Keyring, Whose},
    ports::{Position, RecordedEvent, StoreError},
};

use crate::{parameters, value::SqlValue};

/// The transaction of a commit. Whoever has it can read and write in it, but neither end it nor begin another.
pub struct Transaction<'c>(Driver<'c>);

enum Driver<'c> {
    #[cfg(feature = "sqlite")]
    Sqlite(&'c mut rusqlite::Connection),
    #[cfg(feature = "postgres")]
    Postgres(&'c deadpool_postgres::ClientWrapper),
}

impl<'c> Transaction<'c> {
    #[cfg(feature = "sqlite")]
    pub(crate) const fn on_sqlite(connection: &'c mut rusqlite::Connection) -> Self {
        Self(Driver::Sqlite(connection))
    }

    #[cfg(feature = "postgres")]
    pub(crate) const fn on_postgres(client: &'c deadpool_postgres::ClientWrapper) -> Self {
        Self(Driver::Postgres(client))
    }

    /// Which of the two dialects it takes.
    pub(crate) const fn is_sqlite(&self) -> bool {
        match &self.0 {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(_) => true,
            #[cfg(feature = "postgres")]
            Driver::Postgres(_) => false,
        }
    }

    /// The same transaction, for somebody who gives it back.
    pub(crate) fn reborrow(&mut self) -> Transaction<'_> {
        Transaction(match &mut self.0 {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(connection) => Driver::Sqlite(connection),
            #[cfg(feature = "postgres")]
            Driver::Postgres(client) => Driver::Postgres(client),
        })
    }

    /// Lets what follows have the rights of a role of the server, and no others.
    pub(crate) async fn take_role(&mut self, role: Option<&str>) -> Result<(), StoreError> {
        const SQL: &str = "SELECT set_config('role', $1, true)";
        if let Some(role) = role {
            self.query(SQL, &parameters![role]).await?;
        }
        Ok(())
    }

    /// Lets what follows have the rights of whoever connects again.
    pub(crate) async fn leave_role(&mut self, role: Option<&str>) -> Result<(), StoreError> {
        self.take_role(role.map(|_| "none")).await
    }

    /// Lets what follows see the rows of every tenant, or again those of one.
    pub(crate) async fn see_every_tenant(&mut self, does: bool) -> Result<(), StoreError> {
        const SQL: &str = "SELECT set_config('bloom.every_tenant', $1, true)";
        if !self.is_sqlite() {
            self.query(SQL, &parameters![if does { "on" } else { "" }]).await?;
        }
        Ok(())
    }

    /// The events behind a place in the log, at most so many, as they are stored.
    pub(crate) async fn log(
        &mut self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        match &mut self.0 {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(connection) => crate::sqlite::log(connection, after, limit),
            #[cfg(feature = "postgres")]
            Driver::Postgres(client) => crate::postgres::log(client, after, limit).await,
        }
    }

    /// The keys of these people, tenant and subject, as far as they have one.
    pub(crate) async fn keys(&mut self, people: &BTreeSet<Whose>) -> Result<Keyring, StoreError> {
        match &mut self.0 {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(connection) => crate::sqlite::keys(connection, people),
            #[cfg(feature = "postgres")]
            Driver::Postgres(client) => crate::postgres::keys(client, people).await,
        }
    }

    /// Runs one statement; how many rows it changed.
    ///
    /// # Errors
    /// What the database says, with the statement; also when the parameters are too few or too many.
    pub async fn execute(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
    ) -> Result<usize, StoreError> {
        match &mut self.0 {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(connection) => {
                crate::sqlite::still_open(connection)?;
                crate::sqlite::execute(connection, sql, parameters)
            }
            #[cfg(feature = "postgres")]
            Driver::Postgres(client) => crate::postgres::execute(client, sql, parameters).await,
        }
    }

    /// Runs one query; its rows, each with its columns in order.
    ///
    /// # Errors
    /// What the database says, with the statement.
    pub async fn query(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        match &mut self.0 {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(connection) => {
                crate::sqlite::still_open(connection)?;
                crate::sqlite::query(connection, sql, parameters)
            }
            #[cfg(feature = "postgres")]
            Driver::Postgres(client) => crate::postgres::query(client, sql, parameters).await,
        }
    }

    /// The connection of SQLite's driver, for what the above do not offer; `None` on another database. It is the one that
    /// all commits go through: what is set on it stays set.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> Option<&mut rusqlite::Connection> {
        match &mut self.0 {
            Driver::Sqlite(connection) => Some(connection),
            #[cfg(feature = "postgres")]
            Driver::Postgres(_) => None,
        }
    }

    /// The connection of PostgreSQL's driver, for what the above do not offer; `None` on another database. Others use it
    /// afterwards: what is set on it is set with `SET LOCAL`.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Option<&tokio_postgres::Client> {
        match &self.0 {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(_) => None,
            Driver::Postgres(client) => Some(client),
        }
    }
}
