//! The pool of connections that read.

use std::{
    any::Any,
    future::Future,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use bloom_runtime::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{
    connection,
    error::{closed, store_error},
};

/// What is done on a connection, and what comes of it, whatever its type.
type Work = Box<dyn FnOnce(&Connection) -> Result<Answer, StoreError> + Send>;
type Answer = Box<dyn Any + Send>;
type Answering<'p> = Pin<Box<dyn Future<Output = Result<Answer, StoreError>> + Send + 'p>>;

/// Connections that wait to be used; opened when they are first needed.
#[derive(Clone)]
pub(super) struct Readers {
    path: Arc<Path>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: Arc<Path>, size: usize) -> Self {
        Self { path, idle: Arc::default(), permits: Arc::new(Semaphore::new(size)) }
    }

    /// Runs `work` on a connection.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.ask(|connection| work(connection).map_err(store_error)).await
    }

    /// The same, where `work` has errors of its own, away from the threads that must not block.
    pub(super) async fn ask<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let work = move |connection: &Connection| Ok(Box::new(work(connection)?) as Answer);
        let answer = self.run(Box::new(work)).await?;
        Ok(*answer.downcast().expect("an answer is of the type that the work has made"))
    }

    /// The same for work of any kind. What threads and waiting need is compiled here, once, and not in every application for every question.
    fn run(&self, work: Work) -> Answering<'_> {
        Box::pin(async move {
            let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
            let Self { path, idle, .. } = self.clone();
            let task = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let connection = match kept {
                    Some(connection) => connection,
                    None => connection::reader(&path).map_err(store_error)?,
                };
                let result = work(&connection);
                // One on which somebody has begun a transaction would show the same moment for ever.
                if connection.is_autocommit() {
                    idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                }
                result
            });
            match task.await {
                Ok(result) => result,
                // What panics for the one who asks panics where he is.
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(error) => Err(StoreError::Internal(error.into())),
                },
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_for_the_one_who_asks_panics_where_he_is_and_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        connection::writer(&path, crate::Durability::PowerFailure).unwrap();
        let readers = Readers::new(path.as_path().into(), 1);
        let asking = readers.clone();
        let asked = tokio::spawn(async move { asking.ask::<(), _>(|_| panic!("here")).await });
        assert!(asked.await.unwrap_err().is_panic());
        assert_eq!(readers.ask(|_| Ok(7)).await.unwrap(), 7);
    }
}
