//! Places of readers in SQLite.

use bloom_runtime::ports::{Held, Moved, Place, Position, Shift, StoreError, WorkerId};

use super::{storage::SqliteStorage, work};
use crate::{
    cursors::{CursorStatement, kept_cursors},
    value::SqlValue,
};

impl SqliteStorage {
    async fn look(
        &self,
        (sql, parameters): CursorStatement,
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        self.readers().ask(move |connection| work::query(connection, sql, &parameters)).await
    }

    async fn write(&self, statement: CursorStatement) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        self.writer().run(statement).await
    }
}

kept_cursors!(SqliteStorage);
