//! Where each contestant stores what it does in each scenario: a database of its own, which goes away afterwards.

use anyhow::Result;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::lineup::Backend;

/// The server, and a folder for files.
pub struct Places {
    url: String,
    folder: TempDir,
}

impl Places {
    /// On the server that the URL names, which ends with a slash.
    pub fn new(url: String) -> Result<Self> {
        Ok(Self { url, folder: tempfile::tempdir()? })
    }

    /// A new place: a URL or a path.
    pub async fn create(&self, backend: Backend, name: &str) -> Result<String> {
        match backend {
            Backend::Postgres => {
                let client = self.client("postgres").await?;
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                client.batch_execute(&drop).await?;
                client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
                Ok(format!("{}{name}", self.url))
            }
            Backend::Sqlite | Backend::Memory => {
                Ok(self.folder.path().join(name).display().to_string())
            }
        }
    }

    /// Has the database look at what was prepared, as it would by itself after a while.
    pub async fn settle(&self, backend: Backend, name: &str) -> Result<()> {
        if backend == Backend::Postgres {
            self.client(name).await?.batch_execute("VACUUM ANALYZE").await?;
        }
        Ok(())
    }

    /// Forgets it. Files go away with the folder.
    pub async fn remove(&self, backend: Backend, name: &str) -> Result<()> {
        if backend == Backend::Postgres {
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            self.client("postgres").await?.batch_execute(&drop).await?;
        }
        Ok(())
    }

    /// A connection to one database.
    async fn client(&self, database: &str) -> Result<Client> {
        let url = format!("{}{database}", self.url);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}
