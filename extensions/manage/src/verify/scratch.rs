//! Databases that are made for a test and go away with it.

use std::future::Future;

use bloom_sql::SqlStorage;

use super::probe;
use crate::failure::RunError;

/// A database beside the one that a URL names. It goes away with this value.
pub(crate) trait Scratch: Send + Sync {
    /// What to call it before people.
    fn name(&self) -> &str;
    /// Where it is.
    fn url(&self) -> &str;
}

/// A storage of which there can be one more.
pub(crate) trait ScratchStorage: SqlStorage + Sized {
    type Scratch: Scratch;

    /// Makes one with all tables.
    fn scratch(url: &str) -> impl Future<Output = Result<Self::Scratch, RunError>> + Send;

    /// Opens one.
    fn open_scratch(url: &str) -> impl Future<Output = Result<Self, RunError>> + Send;
}

/// A file beside the database.
#[cfg(feature = "sqlite")]
pub(crate) struct ScratchFile(String);

#[cfg(feature = "sqlite")]
impl Scratch for ScratchFile {
    fn name(&self) -> &str {
        &self.0
    }

    fn url(&self) -> &str {
        &self.0
    }
}

#[cfg(feature = "sqlite")]
impl Drop for ScratchFile {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            // What is left is a file that says whose it is.
            let _ = std::fs::remove_file(format!("{}{end}", self.0));
        }
    }
}

#[cfg(feature = "sqlite")]
impl ScratchStorage for bloom_sql::SqliteStorage {
    type Scratch = ScratchFile;

    async fn scratch(path: &str) -> Result<ScratchFile, RunError> {
        // In containers every process has the same number.
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let scratch = ScratchFile(format!("{path}.verify-{}-{now}", std::process::id()));
        Self::migrate(&scratch.0, &probe::migrations())?;
        Ok(scratch)
    }

    async fn open_scratch(path: &str) -> Result<Self, RunError> {
        Ok(Self::open(path, &probe::migrations())?)
    }
}

#[cfg(feature = "postgres")]
impl Scratch for bloom_sql::PostgresScratch {
    fn name(&self) -> &str {
        self.schema()
    }

    fn url(&self) -> &str {
        self.url()
    }
}

#[cfg(feature = "postgres")]
impl ScratchStorage for bloom_sql::PostgresStorage {
    type Scratch = bloom_sql::PostgresScratch;

    async fn scratch(url: &str) -> Result<Self::Scratch, RunError> {
        let scratch = bloom_sql::PostgresScratch::on(url).await;
        let scratch = scratch.map_err(|error| RunError::Scratch(error.into()))?;
        Self::migrate(bloom_sql::PostgresScratch::url(&scratch), &probe::migrations()).await?;
        Ok(scratch)
    }

    async fn open_scratch(url: &str) -> Result<Self, RunError> {
        Ok(Self::open(url, &probe::migrations()).await?)
    }
}
