//! A schema of PostgreSQL for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{Client, Config, NoTls};

/// A schema of its own on a PostgreSQL server, which goes away with this value.
///
/// ```no_run
/// # async fn test() -> Result<(), Box<dyn std::error::Error>> {
/// use bloom_sql::{Migrations, PostgresStorage, testing::PostgresScratch};
///
/// let Some(scratch) = PostgresScratch::from_environment().await else { return Ok(()) };
/// PostgresStorage::migrate(scratch.url(), &Migrations::new()).await?;
/// # Ok(()) }
/// ```
pub struct PostgresScratch {
    server: String,
    schema: String,
    url: String,
}

impl PostgresScratch {
    /// One on the server that `DATABASE_URL` names; without one that answers, says on stderr that a test is left out.
    ///
    /// # Panics
    /// When the server answers and refuses a schema, so that a test which was meant to run does not pass unrun.
    pub async fn from_environment() -> Option<Self> {
        let url = std::env::var("DATABASE_URL").ok().filter(|url| url.starts_with("postgres"));
        let Some(server) = url else {
            say("no PostgreSQL server: DATABASE_URL is not set");
            return None;
        };
        match Self::on(&server).await {
            Ok(scratch) => Some(scratch),
            Err(error) if error.as_db_error().is_none() => {
                say(&format!("the server in DATABASE_URL does not answer: {error}"));
                None
            }
            Err(error) => panic!("the server in DATABASE_URL gives no schema to test in: {error}"),
        }
    }

    /// One on the server that the URL names.
    ///
    /// # Errors
    /// When the server does not answer, or refuses the schema.
    pub async fn on(server: &str) -> Result<Self, tokio_postgres::Error> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        // In containers every process has the same number.
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_micros();
        let schema = format!("bloom_test_{}_{number}_{now}", std::process::id());
        let sign = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{sign}options=-csearch_path%3D{schema}");
        let scratch = Self { server: server.to_owned(), schema, url };
        let client = connect(server).await?;
        let schema = &scratch.schema;
        client.batch_execute(&format!("CREATE SCHEMA {schema}")).await?;
        Ok(scratch)
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The URL of a database that holds nothing but what is put into this schema.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for PostgresScratch {
    fn drop(&mut self) {
        let (server, schema) = (self.server.clone(), self.schema.clone());
        // A runtime cannot be waited for inside of another, so the farewell has a thread of its own.
        let farewell = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let client = connect(&server).await.ok()?;
                client.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await.ok()
            })
        });
        drop(farewell.join());
    }
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = url.parse::<Config>()?.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

#[expect(clippy::print_stderr, reason = "a test that is left out has to be seen")]
fn say(why: &str) {
    eprintln!("left out: {why}");
}
