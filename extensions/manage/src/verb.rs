//! Verbs that a project adds.

use std::{future::Future, pin::Pin};

use bloom_runtime::application::{Failure, StorageStore};
use clap::{ArgMatches, Command};

use crate::{application::Application, config::Config};

/// What a verb works with.
pub struct Services<A: Application> {
    /// The configuration.
    pub config: Config,
    /// The store.
    pub store: StorageStore<A::Storage>,
}

type Work = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;
type Run<A> = Box<dyn Fn(Services<A>, ArgMatches) -> Work + Send + Sync>;

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
///     fn verbs() -> Vec<Verb<Self>> {
///         let count = Command::new("count").about("Counts the events");
///         vec![Verb::new(count, |services: Services<Self>, _| async move {
///             let head = services.store.storage().head().await?;
///             println!("{head} events");
///             Ok(())
///         })]
///     }
/// }
/// # assert_eq!(App::verbs().len(), 1);
/// ```
pub struct Verb<A: Application> {
    pub(crate) command: Command,
    pub(crate) run: Run<A>,
}

impl<A: Application> Verb<A> {
    /// What is typed, and what is done then.
    pub fn new<F, W>(command: Command, run: F) -> Self
    where
        F: Fn(Services<A>, ArgMatches) -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self {
            command,
            run: Box::new(move |services, arguments| Box::pin(run(services, arguments))),
        }
    }
}
