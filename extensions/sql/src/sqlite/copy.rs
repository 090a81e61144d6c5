//! SQLite as the source or the target of a copy.

use std::path::Path;

use rusqlite::{Connection, params_from_iter};
use tokio::sync::mpsc;

use super::{connection, options::Durability};
use crate::{
    condition::identifier,
    copy::{
        error::{CopyError, broken_off, failed},
        parcel::{Copied, Found, Parcel, Progress, ROWS, Table, sort, tables},
    },
    value::SqlValue,
};

/// Sends all of it, as it is at one moment.
pub(crate) fn read(path: &Path, parcels: &mpsc::Sender<Parcel>) -> Result<(), CopyError> {
    let wrong = |error: rusqlite::Error| failed("source", error);
    let connection = connection::reader(path).map_err(wrong)?;
    connection.execute_batch("BEGIN").map_err(wrong)?;
    let (documents, left) = sorted(&connection).map_err(wrong)?;
    for table in tables(documents) {
        let name = identifier(&table.name);
        let count = format!("SELECT count(*) FROM {name}");
        let count: i64 = connection.query_row(&count, [], |row| row.get(0)).map_err(wrong)?;
        send(parcels, Parcel::Table(table.clone(), count.cast_unsigned()))?;
        let columns: Vec<&str> = table.columns.iter().map(|(column, _)| *column).collect();
        let sql = format!("SELECT {} FROM {name}", columns.join(", "));
        let mut statement = connection.prepare(&sql).map_err(wrong)?;
        let mut rows = statement.query([]).map_err(wrong)?;
        let mut waiting = Vec::new();
        while let Some(row) = rows.next().map_err(wrong)? {
            let values = (0..columns.len()).map(|column| {
                let value = row.get_ref(column).map_err(wrong)?;
                SqlValue::try_from(value).map_err(|error| failed("source", error))
            });
            waiting.push(values.collect::<Result<Vec<_>, _>>()?);
            if waiting.len() == ROWS {
                send(parcels, Parcel::Rows(std::mem::take(&mut waiting)))?;
            }
        }
        send(parcels, Parcel::Rows(waiting))?;
    }
    send(parcels, Parcel::End(left))
}

/// The target says itself why it takes no more.
fn send(parcels: &mpsc::Sender<Parcel>, parcel: Parcel) -> Result<(), CopyError> {
    parcels.blocking_send(parcel).map_err(|_| broken_off())
}

/// The tables of documents, and the others that are not Bloom's.
fn sorted(connection: &Connection) -> rusqlite::Result<(Vec<String>, Vec<String>)> {
    let sql = "SELECT name, type = 'view' FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
               AND name NOT LIKE 'bloom~_%' ESCAPE '~' ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let names: Vec<(String, bool)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut tables = Vec::new();
    for (name, is_view) in names {
        let mut columns = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let columns: Vec<String> =
            columns.query_map([&name], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        tables.push(Found { name, is_view, columns });
    }
    Ok(sort(tables))
}

/// Takes all of it in one transaction.
pub(crate) fn write(
    path: &Path,
    mut parcels: mpsc::Receiver<Parcel>,
    told: &mpsc::Sender<Progress>,
) -> Result<Copied, CopyError> {
    let wrong = |error: rusqlite::Error| failed("target", error);
    // A copy does not migrate, and makes no file.
    connection::reader(path).map_err(wrong)?;
    let connection = connection::writer(path, Durability::PowerFailure).map_err(wrong)?;
    connection.execute_batch("BEGIN IMMEDIATE").map_err(wrong)?;
    let mut copied = Copied::default();
    let mut current: Option<(Table, String, Progress)> = None;
    loop {
        match parcels.blocking_recv().ok_or_else(broken_off)? {
            Parcel::Table(table, total) => {
                let insert = prepared(&connection, &table)?;
                let progress = Progress { table: table.name.clone(), done: 0, total };
                copied.tables.push((table.name.clone(), total));
                current = Some((table, insert, progress));
            }
            Parcel::Rows(rows) => {
                let Some((_, insert, progress)) = &mut current else { return Err(broken_off()) };
                let mut statement = connection.prepare_cached(insert).map_err(wrong)?;
                for row in &rows {
                    statement.execute(params_from_iter(row)).map_err(wrong)?;
                }
                progress.done += rows.len() as u64;
                // Whoever asked may have gone; the copy goes on.
                told.blocking_send(progress.clone()).ok();
            }
            Parcel::End(left) => {
                // Read models begin at the first event, also if somebody has looked for them before.
                let sql = "DELETE FROM bloom_projections; DELETE FROM bloom_parked; COMMIT";
                connection.execute_batch(sql).map_err(wrong)?;
                copied.left = left;
                return Ok(copied);
            }
        }
    }
}

/// Sees that the table is there and empty; how a row is written.
fn prepared(connection: &Connection, table: &Table) -> Result<String, CopyError> {
    let wrong = |error: rusqlite::Error| failed("target", error);
    if !connection
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)",
            [&table.name],
            |row| row.get::<_, bool>(0),
        )
        .map_err(wrong)?
    {
        return Err(CopyError::Missing { table: table.name.clone() });
    }
    let name = identifier(&table.name);
    if table.is_head {
        return Ok(format!("UPDATE {name} SET position = ?2, inline = NULL WHERE one = ?1"));
    }
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {name})");
    if connection.query_row(&sql, [], |row| row.get(0)).map_err(wrong)? {
        return Err(CopyError::Occupied { table: table.name.clone() });
    }
    let columns: Vec<&str> = table.columns.iter().map(|(column, _)| *column).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    Ok(format!("INSERT INTO {name} ({}) VALUES ({marks})", columns.join(", ")))
}
