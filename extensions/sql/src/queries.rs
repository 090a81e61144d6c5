//! Reading with one's own SQL.

use std::{future::Future, sync::Arc};

use bloom_runtime::ports::{Cipher, Cursors, Storage, StoreError};

use crate::{value::SqlValue, work::SqlWork};

/// A storage that takes SQL: what is behind it may differ.
pub trait SqlStorage: Storage<Work = SqlWork> + Cursors {
    /// Runs a query; its rows, each with its columns in order. It sees what is committed.
    ///
    /// # Errors
    /// What the database says, also when the statement tries to write.
    fn query(
        &self,
        sql: impl Into<String> + Send,
        parameters: Vec<SqlValue>,
    ) -> impl Future<Output = Result<Vec<Vec<SqlValue>>, StoreError>> + Send;

    /// Whether this storage writes a projection with the events, where it is written so.
    fn writes_inline(&self, projection: &str) -> bool;

    /// Whether it does so for a kind of aggregate.
    fn writes_inline_of(&self, projection: &str, aggregate: &str) -> bool;

    /// What it encrypts personal data with.
    fn cipher(&self) -> Option<&Arc<dyn Cipher>>;

    /// The role in which projections write; `None` where there are no roles, or it is the one that connects.
    fn projection_role(&self) -> Option<&str> {
        None
    }
}

#[cfg(feature = "sqlite")]
impl SqlStorage for crate::SqliteStorage {
    fn writes_inline(&self, projection: &str) -> bool {
        self.inline().is_some_and(|inline| inline.writes(projection))
    }

    fn writes_inline_of(&self, projection: &str, aggregate: &str) -> bool {
        self.inline().is_some_and(|inline| inline.writes_of(projection, aggregate))
    }

    fn cipher(&self) -> Option<&Arc<dyn Cipher>> {
        Self::cipher(self)
    }

    async fn query(
        &self,
        sql: impl Into<String> + Send,
        parameters: Vec<SqlValue>,
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        Self::query(self, sql, parameters).await
    }
}

#[cfg(feature = "postgres")]
impl SqlStorage for crate::PostgresStorage {
    fn writes_inline(&self, projection: &str) -> bool {
        self.inline().is_some_and(|inline| inline.writes(projection))
    }

    fn writes_inline_of(&self, projection: &str, aggregate: &str) -> bool {
        self.inline().is_some_and(|inline| inline.writes_of(projection, aggregate))
    }

    fn cipher(&self) -> Option<&Arc<dyn Cipher>> {
        Self::cipher(self)
    }

    fn projection_role(&self) -> Option<&str> {
        Self::projection_role(self)
    }

    async fn query(
        &self,
        sql: impl Into<String> + Send,
        parameters: Vec<SqlValue>,
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        Self::query(self, sql, parameters).await
    }
}
