//! `events`: looks into the log, and after the shapes of what is in it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bloom_runtime::{
    domain::{Metadata, Timestamp, Version},
    memory::MemoryStorage,
    ports::{Position, RecordedEvent, Storage, StreamId},
};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::{
    application::Application,
    config::Config,
    event_lock::{EventLock, EventLockError, Finding, compare},
    failure::RunError,
    storage::open,
    terminal::line,
};

pub(crate) fn command() -> Command {
    let json = || {
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Print each event as one line of JSON")
    };
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
        .arg(json());
    let version = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("VERSION").value_parser(value_parser!(u64)).help(help)
    };
    let stream = Command::new("stream")
        .about("Show what happened to one aggregate")
        .arg(
            Arg::new("stream")
                .value_name("STREAM")
                .required(true)
                .help("The aggregate and its id, as in `order-0199..`"),
        )
        .arg(version("from", "Begin with this version"))
        .arg(version("to", "End with this version"))
        .arg(
            Arg::new("until")
                .long("until")
                .value_name("TIME")
                .value_parser(value_parser!(Timestamp))
                .help("End with what had happened by then, such as 2026-03-01T12:00:00Z"),
        )
        .arg(
            Arg::new("backwards")
                .long("backwards")
                .action(ArgAction::SetTrue)
                .help("Show the newest first"),
        )
        .arg(
            Arg::new("tenant")
                .long("tenant")
                .value_name("TENANT")
                .help("Whose it is, where tenants are kept apart by rows"),
        )
        .arg(json());
    let show = Command::new("show")
        .about("Show one event with everything that is known of it")
        .arg(
            Arg::new("position")
                .value_name("POSITION")
                .required(true)
                .value_parser(value_parser!(u64))
                .help("Its place in the log"),
        )
        .arg(json());
    let check = Command::new("check").about(
        "Hold the events of the program against `bloom.lock`, which says what may be stored",
    );
    let accept =
        Command::new("accept")
            .about("Note new events in `bloom.lock`")
            .arg(Arg::new("changed").long("changed").action(ArgAction::SetTrue).help(
            "Also take what has changed or is not read any more: right if none is stored anywhere",
        ));
    Command::new("events")
        .about("Look into the event log")
        .arg_required_else_help(true)
        .subcommand(tail)
        .subcommand(stream)
        .subcommand(super::truncate::command())
        .subcommand(show)
        .subcommand(check)
        .subcommand(accept)
}

pub(crate) async fn run<A: Application>(
    config: &Config,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    let Some((verb, arguments)) = arguments.subcommand() else { return Ok(()) };
    match verb {
        "check" => return check::<A>(),
        "accept" => return accept::<A>(arguments.get_flag("changed")),
        "truncate" => return super::truncate::run::<A>(config, arguments).await,
        _ => {}
    }
    let storage = open::<A>(config).await?;
    match verb {
        "tail" => tail(&*storage, arguments).await,
        "stream" => stream(&*storage, arguments).await,
        // clap has refused every other verb.
        _ => show(&*storage, arguments).await,
    }
}

/// Where `bloom.lock` belongs: the project that cargo runs, or the one around here.
fn project() -> Result<PathBuf, RunError> {
    if let Some(folder) = std::env::var_os("CARGO_MANIFEST_DIR") {
        return Ok(folder.into());
    }
    let here = std::env::current_dir()?;
    let is_project = |folder: &&Path| {
        ["bloom.lock", "bloom.toml"].iter().any(|file| folder.join(file).is_file())
    };
    let found = here.ancestors().find(is_project).map(Path::to_owned);
    found.ok_or(RunError::NotAProject)
}

fn check<A: Application>() -> Result<(), RunError> {
    let store = A::store(Arc::new(MemoryStorage::new()));
    let findings = compare(&EventLock::read(&project()?)?, store.known_events());
    for finding in &findings {
        line(finding);
    }
    if !findings.is_empty() {
        return Err(EventLockError::Findings { count: findings.len() }.into());
    }
    line("every event that may be stored is read as it was written");
    Ok(())
}

fn accept<A: Application>(changed: bool) -> Result<(), RunError> {
    let store = A::store(Arc::new(MemoryStorage::new()));
    let folder = project()?;
    let mut lock = EventLock::read(&folder)?;
    let (taken, left): (Vec<Finding>, Vec<Finding>) = compare(&lock, store.known_events())
        .into_iter()
        .partition(|finding| finding.is_new() || changed && finding.can_be_accepted());
    let is_changed = !taken.is_empty();
    for finding in taken {
        line(format_args!("noted    {} {}", finding.name, finding.revision));
        finding.accept(&mut lock);
    }
    if is_changed {
        lock.write(&folder)?;
    }
    for finding in &left {
        line(finding);
    }
    match left.len() {
        0 => Ok(()),
        count => Err(EventLockError::Findings { count }.into()),
    }
}

async fn tail<S: Storage>(storage: &S, arguments: &ArgMatches) -> Result<(), RunError> {
    let count = arguments.get_one::<u64>("count").copied().unwrap_or(20);
    let (follow, as_json) = (arguments.get_flag("follow"), arguments.get_flag("json"));
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

async fn stream<S: Storage>(storage: &S, arguments: &ArgMatches) -> Result<(), RunError> {
    let named = arguments.get_one::<String>("stream").map_or("", String::as_str);
    let not_a_stream = || RunError::NotAStream { name: named.to_owned() };
    // Ids have hyphens, too, names of aggregates have none.
    let (aggregate, id) = named.split_once('-').ok_or_else(not_a_stream)?;
    let tenant = arguments.get_one::<String>("tenant").cloned().unwrap_or_default();
    let stream = StreamId { tenant, aggregate: aggregate.to_owned(), id: id.to_owned() };
    let version = |name| arguments.get_one::<u64>(name).copied();
    let (from, to) = (version("from").unwrap_or(1), version("to").unwrap_or(u64::MAX));
    let after = Version::new(from.saturating_sub(1));
    let mut events = storage.read_stream(&stream, after).await?;
    if events.is_empty() && storage.read_stream(&stream, Version::NEW).await?.is_empty() {
        return Err(RunError::NoStream { stream: stream.to_string() });
    }
    events.retain(|event| event.version.get() <= to);
    if let Some(time) = arguments.get_one::<Timestamp>("until") {
        let later = events.iter().position(|event| event.metadata.at > *time);
        events.truncate(later.unwrap_or(events.len()));
    }
    if arguments.get_flag("backwards") {
        events.reverse();
    }
    for event in &events {
        line(if arguments.get_flag("json") { json(event) } else { text(event) });
    }
    Ok(())
}

async fn show<S: Storage>(storage: &S, arguments: &ArgMatches) -> Result<(), RunError> {
    let position = arguments.get_one::<u64>("position").copied().unwrap_or_default();
    let event = match position.checked_sub(1) {
        Some(before) => storage.read(Position::new(before), 1).await?.pop(),
        None => None,
    };
    let Some(event) = event else {
        let head = storage.head().await?;
        return Err(RunError::NoEvent { position, head: head.get() });
    };
    if arguments.get_flag("json") {
        line(json(&event));
        return Ok(());
    }
    let Metadata { event_id, at, causation, correlation, actor, tenant, reason, subject, .. } =
        &event.metadata;
    line(format_args!("position     {}", event.position));
    line(format_args!("name         {} (revision {})", event.name, event.revision));
    line(format_args!("stream       {} at version {}", event.stream, event.version));
    line(format_args!("at           {at}"));
    line(format_args!("id           {event_id}"));
    let more = [
        ("actor", actor),
        ("tenant", tenant),
        ("correlation", correlation),
        ("causation", causation),
        ("reason", reason),
        ("subject", subject),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            line(format_args!("{name:<12} {value}"));
        }
    }
    for tag in &event.metadata.tags {
        line(format_args!("tag          {tag}"));
    }
    line(pretty(&event.body));
    Ok(())
}

/// The payload over several lines; as it is, should it be no JSON.
fn pretty(body: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(body);
    let text = value.and_then(|value| serde_json::to_string_pretty(&value));
    text.unwrap_or_else(|_| body.to_owned())
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
