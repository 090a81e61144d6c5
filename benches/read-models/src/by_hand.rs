//! The same read model, built by hand on the drivers: batches of 500 events, each in one transaction with the place in the log.

use std::time::Instant;

use rusqlite::{Connection, params};
use serde_json::Value;
use tokio_postgres::NoTls;

use crate::account::{DEPOSITED, OPENED, TABLE_SQL};

const NEXT: &str = "SELECT position, id, name, body FROM bloom_events WHERE position > $1 ORDER BY position LIMIT 500";

/// What an event says, read with as little as possible.
enum Said {
    Opened(String),
    Deposited(i64),
}

fn said(name: &str, body: &str) -> Said {
    let body: Value = serde_json::from_str(body).expect("JSON");
    match name {
        "account.opened" => Said::Opened(body["owner"].as_str().expect("a text").to_owned()),
        _ => Said::Deposited(body["amount"].as_i64().expect("a number")),
    }
}

/// Events a second.
pub async fn postgres(url: &str) -> f64 {
    let (mut client, connection) = tokio_postgres::connect(url, NoTls).await.expect("it connects");
    tokio::spawn(connection);
    let begun = Instant::now();
    let table = TABLE_SQL.replace("balances", "by_hand");
    let place = "DROP TABLE IF EXISTS by_hand, by_hand_place; CREATE TABLE by_hand_place (position bigint NOT NULL);
        INSERT INTO by_hand_place VALUES (0);";
    client.batch_execute(&format!("{place} {table}")).await.expect("it is made");
    let next = client.prepare(NEXT).await.expect("it is prepared");
    let opened = client.prepare(&OPENED.replace("balances", "by_hand")).await.expect("prepared");
    let deposited =
        client.prepare(&DEPOSITED.replace("balances", "by_hand")).await.expect("prepared");
    let moved = "UPDATE by_hand_place SET position = $1 WHERE position = $2";
    let moved = client.prepare(moved).await.expect("it is prepared");
    let (mut position, mut taken) = (0_i64, 0_u32);
    loop {
        let rows = client.query(&next, &[&position]).await.expect("they are read");
        let Some(last) = rows.last().map(|row| row.get::<_, i64>(0)) else { break };
        let transaction = client.transaction().await.expect("it begins");
        transaction.execute(&moved, &[&last, &position]).await.expect("it moves");
        for row in &rows {
            let id: String = row.get(1);
            match said(row.get(2), row.get(3)) {
                Said::Opened(owner) => transaction.execute(&opened, &[&id, &owner]).await,
                Said::Deposited(amount) => transaction.execute(&deposited, &[&id, &amount]).await,
            }
            .expect("it is written");
            taken += 1;
        }
        transaction.commit().await.expect("it commits");
        position = last;
    }
    f64::from(taken) / begun.elapsed().as_secs_f64()
}

/// Events a second.
pub fn sqlite(path: &std::path::Path) -> f64 {
    let mut connection = Connection::open(path).expect("it opens");
    connection.pragma_update(None, "synchronous", "FULL").expect("it is set");
    let begun = Instant::now();
    let table = TABLE_SQL.replace("balances", "by_hand");
    let place = "DROP TABLE IF EXISTS by_hand; DROP TABLE IF EXISTS by_hand_place;
        CREATE TABLE by_hand_place (position INTEGER NOT NULL); INSERT INTO by_hand_place VALUES (0);";
    connection.execute_batch(&format!("{place} {table}")).expect("it is made");
    let (mut position, mut taken) = (0_i64, 0_u32);
    loop {
        let transaction = connection.transaction().expect("it begins");
        let mut next = transaction.prepare_cached(NEXT).expect("it is prepared");
        let rows = next
            .query_map([position], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
        let rows: Vec<(i64, String, String, String)> =
            rows.expect("they are read").collect::<Result<_, _>>().expect("they are read");
        drop(next);
        let Some(last) = rows.last().map(|row| row.0) else { break };
        let moved = "UPDATE by_hand_place SET position = ?1 WHERE position = ?2";
        transaction.execute(moved, [last, position]).expect("it moves");
        for (_, id, name, body) in &rows {
            let written = match said(name, body) {
                Said::Opened(owner) => {
                    let sql = OPENED.replace("balances", "by_hand");
                    transaction
                        .prepare_cached(&sql)
                        .and_then(|mut sql| sql.execute(params![id, owner]))
                }
                Said::Deposited(amount) => {
                    let sql = DEPOSITED.replace("balances", "by_hand");
                    transaction
                        .prepare_cached(&sql)
                        .and_then(|mut sql| sql.execute(params![id, amount]))
                }
            };
            written.expect("it is written");
            taken += 1;
        }
        transaction.commit().expect("it commits");
        position = last;
    }
    f64::from(taken) / begun.elapsed().as_secs_f64()
}
