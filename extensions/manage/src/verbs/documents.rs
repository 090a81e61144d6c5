//! `documents`: looks after the newest states of aggregates.

use bloom_runtime::{application::StorageStore, ports::Storage};
use clap::{ArgMatches, Command};

use crate::{
    application::Application,
    config::Config,
    failure::RunError,
    storage::open,
    terminal::{self, line},
};

pub(crate) fn command() -> Command {
    let upcast = Command::new("upcast").about(
        "Give documents of an older shape the shape of this program, while it may be serving",
    );
    let build = Command::new("build").about(
        "Write the documents of aggregates that were loaded from events before, while nobody serves",
    );
    Command::new("documents")
        .about("Look after the newest states of aggregates")
        .arg_required_else_help(true)
        .subcommand(upcast)
        .subcommand(build)
}

pub(crate) async fn run<A: Application>(
    config: &Config,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    let store = A::on_storage(A::store(open::<A>(config).await?));
    match arguments.subcommand_name() {
        Some("build") => build(&store).await,
        // clap has refused every other verb.
        _ => upcast(&store).await,
    }
}

async fn build<S: Storage>(store: &StorageStore<S>) -> Result<(), RunError> {
    let mut shown = terminal::Line::new();
    let built = store.build_documents(|done| shown.replace(&format!("built   {done:>9}"))).await;
    shown.end();
    line(format_args!("built   {} aggregates have their documents", built?));
    Ok(())
}

async fn upcast<S: Storage>(store: &StorageStore<S>) -> Result<(), RunError> {
    let mut shown = terminal::Line::new();
    let upcast = store
        .upcast_documents(|progress| {
            shown.replace(&format!("upcast  {:>9}  {}", progress.done, progress.table));
        })
        .await;
    shown.end();
    match upcast? {
        0 => line("every document has the shape of this program"),
        count => line(format_args!("upcast  {count} documents")),
    }
    Ok(())
}
