//! `documents`: looks after the newest states of aggregates.

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
    Command::new("documents")
        .about("Look after the newest states of aggregates")
        .arg_required_else_help(true)
        .subcommand(upcast)
}

pub(crate) async fn run<A: Application>(
    config: &Config,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    // clap has refused everything but `upcast`.
    let Some("upcast") = arguments.subcommand_name() else { return Ok(()) };
    let store =
        A::on_storage(A::store(open::<A::Storage>(&config.database, &A::migrations()).await?));
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
