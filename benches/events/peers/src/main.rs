//! The frameworks that cannot be in one program with Bloom. The other program asks, a line of JSON each time; the answers go to the
//! standard error, since the memory store of cqrs-es prints what it does.

mod cqrs_es;
mod cqrs_es_stores;
mod disintegrate;
mod esrs;
mod evento;

use std::{
    collections::HashMap,
    io::{stderr, stdin},
};

use anyhow::Result;
use events_harness::{Open, serve};

#[tokio::main]
async fn main() -> Result<()> {
    let known: HashMap<&'static str, Open> = HashMap::from([
        ("cqrs-es", cqrs_es_stores::postgres as Open),
        ("cqrs-es on SQLite", cqrs_es_stores::sqlite_full),
        ("cqrs-es on SQLite, NORMAL", cqrs_es_stores::sqlite_normal),
        ("cqrs-es in memory", cqrs_es_stores::memory),
        ("disintegrate", disintegrate::postgres),
        ("esrs", esrs::postgres),
        ("evento", evento::postgres),
        ("evento on SQLite", evento::sqlite),
    ]);
    serve(&known, stdin().lock(), stderr()).await
}
