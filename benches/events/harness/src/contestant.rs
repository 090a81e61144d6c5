//! What a contestant can do.

use std::{future::Future, pin::Pin, sync::Arc};

use anyhow::Result;
use async_trait::async_trait;
use uuid::Uuid;

/// An event store in use.
#[async_trait]
pub trait Contestant: Send + Sync + 'static {
    /// One command: loads the aggregate of the stream, which may have no event yet, has it add so many events, and commits.
    async fn append(&self, stream: Uuid, count: usize) -> Result<()>;

    /// Loads the aggregate; how many events it was made of.
    async fn rehydrate(&self, stream: Uuid) -> Result<usize>;

    /// Reads the whole log as a subscriber would; how many events there were.
    async fn catch_up(&self) -> Result<usize>;
}

/// A contestant that is being opened.
pub type Opening = Pin<Box<dyn Future<Output = Result<Arc<dyn Contestant>>> + Send>>;

/// Opens a contestant at a place, a URL or a path, and creates its tables if they are not there.
pub type Open = fn(String) -> Opening;
