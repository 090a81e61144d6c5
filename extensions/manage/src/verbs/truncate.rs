//! `events truncate`: takes old events out of the log.

use std::path::PathBuf;

use bloom_runtime::{
    application::{Kept, Retained, Retention, SystemClock},
    domain::Timestamp,
    ports::Clock,
};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::{
    application::Application,
    config::Config,
    failure::RunError,
    retention::{self, readers},
    storage::open,
    terminal::line,
};

pub(super) fn command() -> Command {
    Command::new("truncate")
        .about("Take old events out of the log; their positions stay, and the states of aggregates")
        .arg(
            Arg::new("before")
                .long("before")
                .value_name("TIME")
                .value_parser(value_parser!(Timestamp))
                .help("What happened before is old, such as 2026-03-01T00:00:00Z; `events.keep_days` when left out"),
        )
        .arg(
            Arg::new("archive")
                .long("archive")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Append the events to this file first; `events.archive` when left out"),
        )
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Only say what would go"),
        )
}

pub(super) async fn run<A: Application>(
    config: &Config,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    let given = arguments.get_one::<Timestamp>("before").copied();
    let before = given.or_else(|| retention::old(&config.events, SystemClock::default().now()));
    let before = before.ok_or(RunError::NothingIsOld)?;
    let archive = arguments.get_one::<PathBuf>("archive").or(config.events.archive.as_ref());
    let store = A::on_storage(A::store(open::<A>(config).await?));
    let is_trial = arguments.get_flag("dry-run");
    let retention = Retention::before(before).read_by(readers::<A>(&store));
    let retention = if is_trial { retention.as_trial() } else { retention };
    let archive = archive.filter(|_| !is_trial).map(PathBuf::as_path);
    let retained = retention::truncate(&store, &retention, archive).await?;
    for text in words(&retained, is_trial) {
        line(text);
    }
    Ok(())
}

fn words(retained: &Retained, is_trial: bool) -> Vec<String> {
    let Retained { events, aggregates, position, kept, held_back, .. } = retained;
    let done = if is_trial { "would go" } else { "truncated" };
    let mut words = vec![format!(
        "{done}  {events} events of {aggregates} aggregates, up to position {position}"
    )];
    for (why, count) in kept {
        let why = match why {
            Kept::Audited => "is audited",
            Kept::Tagged => "has events with tags or something personal",
            Kept::Unknown => "is of a kind that this program does not know",
            _ => "is kept",
        };
        words.push(format!("kept       all of {count} aggregates, each of which {why}"));
    }
    if let Some(reader) = held_back {
        words.push(format!(
            "held back  by `{}`, which is at {} of the log",
            reader.name, reader.position
        ));
    }
    words
}
