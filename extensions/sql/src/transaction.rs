//! The transaction of a commit, as a hook sees it.

use bloom_runtime::ports::StoreError;

use crate::value::SqlValue;

/// The transaction of a commit. Whoever has it can read and write in it, but neither end it nor begin another.
pub struct Transaction<'c> {
    #[cfg(feature = "sqlite")]
    pub(crate) connection: &'c mut rusqlite::Connection,
}

impl Transaction<'_> {
    /// Runs one statement; how many rows it changed.
    ///
    /// # Errors
    /// What the database says, with the statement; also when the parameters are too few or too many.
    pub async fn execute(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
    ) -> Result<usize, StoreError> {
        crate::sqlite::still_open(self.connection)?;
        crate::sqlite::execute(self.connection, sql, parameters)
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
        crate::sqlite::still_open(self.connection)?;
        crate::sqlite::query(self.connection, sql, parameters)
    }

    /// The connection of SQLite's driver, for what the above do not offer. It is the one that all commits go
    /// through: what is set on it stays set.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> Option<&mut rusqlite::Connection> {
        Some(self.connection)
    }
}
