//! Opening the file, and the settings every connection has.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::{options::Durability, translate};

/// How long a connection waits for another process that writes.
const BUSY: Duration = Duration::from_secs(30);

/// A connection that writes. Creates the file.
pub(super) fn writer(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::PowerFailure => "FULL",
        Durability::EndOfProgram => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    settle(&connection)?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    settle(&connection)?;
    Ok(connection)
}

/// What all connections have.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    // In kibibytes, when it is negative: a long history is read without asking the file for the same pages again.
    connection.pragma_update(None, "cache_size", -8_192)?;
    translate::add_functions(connection)
}

/// Ends the open transaction, if there is one.
pub(super) fn roll_back(connection: &Connection) {
    // A failed commit may have rolled back already.
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a failed transaction could not be rolled back");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_outlives_what_was_chosen() {
        let folder = tempfile::tempdir().unwrap();
        for (durability, number) in [(Durability::PowerFailure, 2), (Durability::EndOfProgram, 1)] {
            let connection = writer(&folder.path().join("test.db"), durability).unwrap();
            let level = connection.pragma_query_value(None, "synchronous", |row| row.get(0));
            assert_eq!(level, Ok(number), "{durability:?}");
        }
    }
}
