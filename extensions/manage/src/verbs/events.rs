//! `events`: looks into the log.

use bloom_runtime::ports::{EventLog, Position, RecordedEvent, Storage};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::{
    application::Application, config::Config, failure::RunError, storage::open, terminal::line,
};

pub(crate) fn command() -> Command {
    let tail = Command::new("tail")
        .about("Show the newest events")
        .arg(
            Arg::new("count")
                .short('n')
                .long("count")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .default_value("20")
                .help("How many of the newest to begin with"),
        )
        .arg(
            Arg::new("follow")
                .short('f')
                .long("follow")
                .action(ArgAction::SetTrue)
                .help("Go on with those that are committed from now on"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print each event as one line of JSON"),
        );
    Command::new("events")
        .about("Look into the event log")
        .arg_required_else_help(true)
        .subcommand(tail)
}

pub(crate) async fn run<A: Application>(
    config: &Config,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    // clap has refused everything but `tail`.
    let Some(("tail", arguments)) = arguments.subcommand() else { return Ok(()) };
    let count = arguments.get_one::<u64>("count").copied().unwrap_or(20);
    let (follow, as_json) = (arguments.get_flag("follow"), arguments.get_flag("json"));

    let storage = open::<A::Storage>(&config.database, &A::migrations()).await?;
    let mut position = Position::new(storage.head().await?.get().saturating_sub(count));
    loop {
        let mut appended = storage.appended();
        appended.mark_unchanged();
        let events = storage.read(position, 500).await?;
        for event in &events {
            line(if as_json { json(event) } else { text(event) });
            position = event.position;
        }
        if events.is_empty() {
            if !follow {
                return Ok(());
            }
            // Other processes write, too, and cannot tell this one.
            let pause = tokio::time::sleep(std::time::Duration::from_millis(250));
            tokio::select! {
                _ = appended.changed() => {}
                () = pause => {}
                _ = tokio::signal::ctrl_c() => return Ok(()),
            }
        }
    }
}

fn text(event: &RecordedEvent) -> String {
    let RecordedEvent { position, stream, version, name, body, metadata, .. } = event;
    format!("{position:>6}  {}  {name:<24} {stream}@{version}  {body}", metadata.at)
}

fn json(event: &RecordedEvent) -> String {
    // The payload was JSON when it was written; should it not be, it is shown as text.
    let body = serde_json::from_str(&event.body)
        .unwrap_or_else(|_| serde_json::Value::String(event.body.clone()));
    serde_json::json!({
        "position": event.position,
        "stream": event.stream.to_string(),
        "version": event.version,
        "name": event.name,
        "revision": event.revision,
        "body": body,
        "metadata": event.metadata,
    })
    .to_string()
}
