//! PostgreSQL as the source or the target of a copy.

use bloom_runtime::ports::StoreError;
use deadpool_postgres::ClientWrapper;
use tokio::sync::mpsc;
use tokio_postgres::types::ToSql;

use super::{
    pool::{Connections, Whose},
    value,
};
use crate::{
    condition::identifier,
    copy::{
        error::{CopyError, broken_off, failed},
        parcel::{Copied, Found, Kind, Parcel, Progress, ROWS, Table, sort, tables},
    },
    value::SqlValue,
};

// Policies that keep tenants apart hold for a copy, too, unless it says that it is about all of them.

type Wrong = fn(tokio_postgres::Error) -> CopyError;

/// Sends all of it, as it is at one moment.
pub(crate) async fn read(url: &str, parcels: &mpsc::Sender<Parcel>) -> Result<(), CopyError> {
    let wrong: Wrong = |error| failed("source", error);
    let stored = |error: StoreError| failed("source", error);
    let connections = Connections::open(url, 1, true)?;
    let client = connections.take(Whose::All).await.map_err(stored)?;
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    client.batch_execute(begin).await.map_err(wrong)?;
    let (documents, left) = sorted(&client).await.map_err(wrong)?;
    for table in tables(documents) {
        let name = identifier(&table.name);
        let count = format!("SELECT count(*) FROM {name}");
        let count: i64 = client.query_one(&count, &[]).await.map_err(wrong)?.get(0);
        send(parcels, Parcel::Table(table.clone(), count.cast_unsigned())).await?;
        let columns = table.columns.iter().map(|(column, kind)| match kind {
            Kind::Integer => format!("{column}::bigint"),
            Kind::Text | Kind::Bytes => (*column).to_owned(),
            Kind::Uuid => format!("uuid_send({column})"),
            Kind::Json => format!("{column}::text"),
            Kind::Moment => format!("extract(epoch FROM {column})::bigint"),
        });
        let columns = columns.collect::<Vec<_>>().join(", ");
        let declare =
            format!("DECLARE bloom_copy NO SCROLL CURSOR FOR SELECT {columns} FROM {name}");
        client.batch_execute(&declare).await.map_err(wrong)?;
        let fetch = format!("FETCH {ROWS} FROM bloom_copy");
        loop {
            let rows = client.query(&fetch, &[]).await.map_err(wrong)?;
            let is_last = rows.len() < ROWS;
            let rows =
                rows.iter().map(value::row).collect::<Result<Vec<_>, _>>().map_err(stored)?;
            send(parcels, Parcel::Rows(rows)).await?;
            if is_last {
                break;
            }
        }
        client.batch_execute("CLOSE bloom_copy").await.map_err(wrong)?;
    }
    client.batch_execute("COMMIT").await.map_err(wrong)?;
    send(parcels, Parcel::End(left)).await
}

/// The target says itself why it takes no more.
async fn send(parcels: &mpsc::Sender<Parcel>, parcel: Parcel) -> Result<(), CopyError> {
    parcels.send(parcel).await.map_err(|_| broken_off())
}

/// The tables of documents, and the others that are not Bloom's.
async fn sorted(
    client: &ClientWrapper,
) -> Result<(Vec<String>, Vec<String>), tokio_postgres::Error> {
    let sql = "SELECT table_name::text, array_agg(column_name::text ORDER BY ordinal_position), bool_or(table_type = 'VIEW')
               FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
               WHERE table_schema = current_schema() AND table_type IN ('BASE TABLE', 'VIEW') AND table_name NOT LIKE 'bloom\\_%'
               GROUP BY 1 ORDER BY 1";
    let rows = client.query(sql, &[]).await?;
    let found = |row: &tokio_postgres::Row| Found {
        name: row.get(0),
        is_view: row.get(2),
        columns: row.get(1),
    };
    Ok(sort(rows.iter().map(found)))
}

/// Takes all of it in one transaction.
pub(crate) async fn write(
    url: &str,
    mut parcels: mpsc::Receiver<Parcel>,
    told: &mpsc::Sender<Progress>,
) -> Result<Copied, CopyError> {
    let wrong: Wrong = |error| failed("target", error);
    let connections = Connections::open(url, 1, true)?;
    let client = connections.take(Whose::All).await.map_err(|error| failed("target", error))?;
    client.batch_execute("BEGIN").await.map_err(wrong)?;
    let mut copied = Copied::default();
    let mut current: Option<(Table, String, Progress)> = None;
    loop {
        match parcels.recv().await.ok_or_else(broken_off)? {
            Parcel::Table(table, total) => {
                let insert = prepared(&client, &table).await?;
                let progress = Progress { table: table.name.clone(), done: 0, total };
                copied.tables.push((table.name.clone(), total));
                current = Some((table, insert, progress));
            }
            Parcel::Rows(rows) => {
                let Some((table, insert, progress)) = &mut current else {
                    return Err(broken_off());
                };
                progress.done += rows.len() as u64;
                insert_rows(&client, table, insert, rows).await?;
                // Whoever asked may have gone; the copy goes on.
                told.send(progress.clone()).await.ok();
            }
            Parcel::End(left) => {
                // Read models begin at the first event, also if somebody has looked for them before.
                let sql = "DELETE FROM bloom_projections; DELETE FROM bloom_parked; COMMIT";
                client.batch_execute(sql).await.map_err(wrong)?;
                copied.left = left;
                return Ok(copied);
            }
        }
    }
}

/// Sees that the table is there and empty; how rows are written, a list for each column.
async fn prepared(client: &ClientWrapper, table: &Table) -> Result<String, CopyError> {
    let wrong: Wrong = |error| failed("target", error);
    let name = identifier(&table.name);
    let there = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&name]).await;
    if !there.map_err(wrong)?.get::<_, bool>(0) {
        return Err(CopyError::Missing { table: table.name.clone() });
    }
    let types = (1..).zip(table.columns).map(|(number, (_, kind))| match kind {
        Kind::Integer | Kind::Moment => format!("${number}::bigint[]"),
        Kind::Text | Kind::Json => format!("${number}::text[]"),
        Kind::Bytes | Kind::Uuid => format!("${number}::bytea[]"),
    });
    let types = types.collect::<Vec<_>>().join(", ");
    let columns: Vec<&str> = table.columns.iter().map(|(column, _)| *column).collect();
    let columns = columns.join(", ");
    if table.is_head {
        return Ok(format!(
            "UPDATE {name} h SET position = n.position, inline = NULL FROM unnest({types}) AS n ({columns}) WHERE h.one = n.one"
        ));
    }
    let any = client.query_one(&format!("SELECT EXISTS (SELECT 1 FROM {name})"), &[]).await;
    if any.map_err(wrong)?.get(0) {
        return Err(CopyError::Occupied { table: table.name.clone() });
    }
    let values = table.columns.iter().map(|(column, kind)| match kind {
        Kind::Integer | Kind::Text | Kind::Bytes => format!("n.{column}"),
        Kind::Uuid => format!("encode(n.{column}, 'hex')::uuid"),
        Kind::Json => format!("n.{column}::jsonb"),
        Kind::Moment => format!("to_timestamp(n.{column})"),
    });
    let values = values.collect::<Vec<_>>().join(", ");
    Ok(format!(
        "INSERT INTO {name} ({columns}) SELECT {values} FROM unnest({types}) AS n ({columns})"
    ))
}

async fn insert_rows(
    client: &ClientWrapper,
    table: &Table,
    insert: &str,
    rows: Vec<Vec<SqlValue>>,
) -> Result<(), CopyError> {
    let wrong: Wrong = |error| failed("target", error);
    let mut lists: Vec<Box<dyn ToSql + Sync + Send>> = Vec::new();
    for (index, (_, kind)) in table.columns.iter().enumerate() {
        lists.push(match kind {
            Kind::Integer | Kind::Moment => {
                let numbers = rows.iter().map(|row| match row[index] {
                    SqlValue::Integer(number) => Some(number),
                    _ => None,
                });
                Box::new(numbers.collect::<Vec<_>>())
            }
            Kind::Bytes | Kind::Uuid => {
                let bytes = rows.iter().map(|row| match &row[index] {
                    SqlValue::Bytes(bytes) => Some(bytes.clone()),
                    _ => None,
                });
                Box::new(bytes.collect::<Vec<_>>())
            }
            Kind::Text | Kind::Json => {
                let texts = rows.iter().map(|row| match &row[index] {
                    SqlValue::Text(text) => Some(text.clone()),
                    _ => None,
                });
                Box::new(texts.collect::<Vec<_>>())
            }
        });
    }
    let parameters: Vec<&(dyn ToSql + Sync)> =
        lists.iter().map(|list| &**list as &(dyn ToSql + Sync)).collect();
    let statement = client.prepare_cached(insert).await.map_err(wrong)?;
    client.execute(&statement, &parameters).await.map_err(wrong).map(drop)
}
