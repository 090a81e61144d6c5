//! Places of readers in PostgreSQL.

use bloom_runtime::ports::{Held, Moved, Place, Position, Shift, StoreError, WorkerId};

use super::{pool::Whose, storage::PostgresStorage, work};
use crate::{
    cursors::{CursorStatement, kept_cursors},
    value::SqlValue,
};

impl PostgresStorage {
    async fn look(&self, statement: CursorStatement) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        self.write(statement).await
    }

    async fn write(
        &self,
        (sql, parameters): CursorStatement,
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        let client = self.connections().take(Whose::All).await?;
        work::query(&client, sql, &parameters).await
    }
}

kept_cursors!(PostgresStorage);
