//! Databases of their own on the PostgreSQL server that `BLOOM_TEST_POSTGRES` names, or that listens here.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    io::{Write, stderr},
    sync::{
        Once,
        atomic::{AtomicU32, Ordering},
    },
};

use bloom_sql::{Migrations, PostgresStorage, tokio_postgres};

const HERE: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// The URL of the server; `None` where there is none, which is said, and is a failure where every test has to run.
pub(crate) async fn server() -> Option<String> {
    let url = std::env::var("BLOOM_TEST_POSTGRES").unwrap_or_else(|_| HERE.to_owned());
    match tokio_postgres::connect(&url, tokio_postgres::NoTls).await {
        Ok(_) => Some(url),
        Err(error) => {
            assert!(std::env::var_os("BLOOM_EVERY_TEST").is_none(), "{url}: {error}");
            // Once, and past the capture of the test's output.
            static TOLD: Once = Once::new();
            TOLD.call_once(|| {
                let told = writeln!(
                    stderr(),
                    "left out: what needs PostgreSQL, since {url} does not answer"
                );
                told.expect("somebody listens");
            });
            None
        }
    }
}

/// Runs statements on the database that the URL names.
pub(crate) async fn run(url: &str, sql: &str) {
    let (client, connection) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    client.batch_execute(sql).await.expect("the statements run");
}

/// The URL of a new database, which stays until this test program runs again.
pub(crate) async fn new_database() -> Option<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let url = server().await?;
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let program = std::env::current_exe().expect("this program has a name");
    let program = program.file_stem().expect("a name").to_string_lossy().into_owned();
    // Without the digest of the build, so that what was built before leaves nothing behind.
    let program = program.rsplit_once('-').map_or(program.as_str(), |(name, _)| name);
    let name = format!("bloom_test_{}_{number}", program.replace('-', "_"));
    run(&url, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    run(&url, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await;
    let (server, _) = url.rsplit_once('/').expect("a URL names a database");
    Some(format!("{server}/{name}"))
}

/// A new database with these migrations.
pub(crate) async fn database(migrations: Migrations) -> Option<PostgresStorage> {
    let url = new_database().await?;
    PostgresStorage::migrate(&url, &migrations).await.expect("the migrations apply");
    Some(PostgresStorage::open(&url, &migrations).await.expect("the database opens"))
}
