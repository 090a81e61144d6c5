//! The transaction of a commit, as a hook sees it.

use bloom_runtime::ports::StoreError;

use crate::value::SqlValue;

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
