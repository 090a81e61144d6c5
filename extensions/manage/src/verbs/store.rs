//! `store`: looks after how aggregates are kept.

use std::path::PathBuf;

use bloom_runtime::ports::RecordedEvent;
use clap::{Arg, ArgMatches, Command, value_parser};

use crate::{
    application::Application,
    config::Config,
    failure::RunError,
    retention::Archive,
    storage::open,
    terminal::{self, line},
};

pub(crate) fn command() -> Command {
    let convert = Command::new("convert")
        .about(
            "Put the state of each document in the place of the events that were truncated, so that the aggregate can be loaded from its events",
        )
        .arg(
            Arg::new("aggregate")
                .value_name("AGGREGATE")
                .required(true)
                .help("The stored name of the aggregate, such as order"),
        )
        .arg(
            Arg::new("table")
                .long("table")
                .value_name("TABLE")
                .help("Where its documents are; needed once it is loaded from its events"),
        )
        .arg(
            Arg::new("archive")
                .long("archive")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Append the events that go with it to this file first"),
        );
    Command::new("store")
        .about("Look after how aggregates are kept")
        .arg_required_else_help(true)
        .subcommand(convert)
}

pub(crate) async fn run<A: Application>(
    config: &Config,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    // clap has refused everything but `convert`.
    let Some(("convert", arguments)) = arguments.subcommand() else { return Ok(()) };
    let given = |name: &str| arguments.get_one::<String>(name).cloned();
    let name = given("aggregate").unwrap_or_default();
    let store = A::on_storage(A::store(open::<A>(config).await?));
    let tables = store.tables();
    let Some((aggregate, table)) = tables.iter().find(|(aggregate, _)| *aggregate == name) else {
        let known: Vec<&str> = tables.iter().map(|(aggregate, _)| *aggregate).collect();
        return Err(RunError::NoAggregate { name, known: known.join(", ") });
    };
    let table = given("table").or_else(|| table.map(ToOwned::to_owned));
    let table = table.ok_or(RunError::NoTable { aggregate: name.clone() })?;
    let archive = arguments.get_one::<PathBuf>("archive").or(config.events.archive.as_ref());
    let mut archive = archive.map(|path| Archive::open(path)).transpose()?;
    let keep = |events: &[RecordedEvent]| match &mut archive {
        Some(archive) => archive.keep(events),
        None => Ok(()),
    };
    let mut shown = terminal::Line::new();
    let converted = store
        .convert(aggregate, &table, keep, |done| shown.replace(&format!("converted  {done:>9}")))
        .await;
    shown.end();
    match converted? {
        0 => line(format_args!("every `{aggregate}` can be loaded from its events")),
        1 => line("converted  1 aggregate can be loaded from its events"),
        count => {
            line(format_args!("converted  {count} aggregates can be loaded from their events"))
        }
    }
    Ok(())
}
