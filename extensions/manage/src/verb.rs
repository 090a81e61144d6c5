//! Verbs that a project adds.

use std::{future::Future, pin::Pin};

use bloom_runtime::application::{Failure, StorageStore};
use clap::{ArgMatches, Command};

use crate::config::Config;

/// What a verb works with.
pub struct Services<S> {
    /// The configuration.
    pub config: Config,
    /// The store.
    pub store: StorageStore<S>,
}

type Work = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;
type Run<S> = Box<dyn Fn(Services<S>, ArgMatches) -> Work + Send + Sync>;

/// A verb of one's own: `shop import prices.csv`.
///
/// ```
/// use bloom_manage::{Application, Services, Verb, clap::Command};
/// # use std::sync::Arc;
/// # use bloom_runtime::{application::StorageStore, memory::MemoryStorage, ports::{EventLog, Storage}};
///
/// struct App;
///
/// impl Application for App {
/// #   const NAME: &'static str = "shop";
/// #   const VERSION: &'static str = "0.1.0";
/// #   type Storage = MemoryStorage;
/// #   fn migrations() {}
/// #   fn store<S: Storage>(storage: Arc<S>) -> StorageStore<S> { StorageStore::shared(storage) }
///     // ...
///     fn verbs() -> Vec<Verb<Self::Storage>> {
///         let count = Command::new("count").about("Counts the events");
///         vec![Verb::new(count, |services: Services<Self::Storage>, _| async move {
///             let head = services.store.storage().head().await?;
///             println!("{head} events");
///             Ok(())
///         })]
///     }
/// }
/// # assert_eq!(App::verbs().len(), 1);
/// ```
pub struct Verb<S> {
    pub(crate) command: Command,
    pub(crate) run: Run<S>,
}

impl<S> Verb<S> {
    /// What is typed, and what is done then.
    pub fn new<F, W>(command: Command, run: F) -> Self
    where
        F: Fn(Services<S>, ArgMatches) -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self {
            command,
            run: Box::new(move |services, arguments| Box::pin(run(services, arguments))),
        }
    }
}
