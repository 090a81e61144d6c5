//! `projection`: looks after the read models.

use std::time::Duration;

use bloom_runtime::ports::{Position, WorkerId};
use bloom_sql::{
    ParkedEvent, PartStatus, ProjectionState, ProjectionStatus, Projector, RebuildProgress,
    Retried, SqlStorage,
};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::{
    application::Application,
    config::Config,
    failure::RunError,
    storage::{ManagedStorage, open},
    terminal::{Line, line},
};

pub(crate) fn command() -> Command {
    let name = || Arg::new("name").value_name("NAME").required(true).help("The projection");
    let list = Command::new("list").about("Show how far each of them has come").arg(
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Print each as one line of JSON"),
    );
    let rebuild = Command::new("rebuild")
        .about("Build the tables of one anew and put them in the place of the old ones, which are read meanwhile")
        .arg(name());
    let position = || {
        Arg::new("position")
            .value_name("POSITION")
            .required(true)
            .value_parser(value_parser!(u64))
            .help("The event, as `projection list` or `projection parked` names it")
    };
    let skip = Command::new("skip")
        .about("Pass over an event that one of them cannot take; its tables go without it")
        .arg(name())
        .arg(position());
    let park = Command::new("park")
        .about("Set an event aside that one of them cannot take, with what follows in its aggregate, until `retry`")
        .arg(name())
        .arg(position());
    let parked = Command::new("parked")
        .about("Show the events that one has set aside, and why")
        .arg(name())
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print each as one line of JSON"),
        );
    let retry = Command::new("retry")
        .about("Take again the events that one has set aside, now that it is mended")
        .arg(name());
    let retire = Command::new("retire")
        .about("Forget one that the application has no more: how far it had come, what it set aside, that it is written with the events")
        .arg(Arg::new("name").value_name("NAME").required(true).help("The projection, as `list` names it"));
    Command::new("projection")
        .about("Look after the read models")
        .arg_required_else_help(true)
        .subcommand(list)
        .subcommand(rebuild)
        .subcommand(Command::new("pause").about("Let one stand still").arg(name()))
        .subcommand(Command::new("resume").about("Let one go on").arg(name()))
        .subcommand(park)
        .subcommand(parked)
        .subcommand(retry)
        .subcommand(skip)
        .subcommand(retire)
}

pub(crate) async fn run<A: Application>(
    config: &Config,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    let storage = open::<A>(config).await?;
    let store = A::on_storage(A::store(storage));
    if store.has_storage_per_tenant() {
        return Err(RunError::ProjectionsPerTenant);
    }
    A::Storage::look_after(&store, A::projections(), arguments).await
}

/// Does what was asked for with the read models of a database.
pub(crate) async fn look_after<S: SqlStorage>(
    projector: Projector<S>,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    let Some((verb, arguments)) = arguments.subcommand() else { return Ok(()) };
    let name = || arguments.get_one::<String>("name").map_or("", String::as_str);
    let position = || arguments.get_one::<u64>("position").copied().unwrap_or_default();
    match verb {
        "list" => list(&projector, arguments.get_flag("json")).await?,
        "rebuild" => rebuild(&projector, name()).await?,
        "pause" => {
            projector.pause(name()).await?;
            line(format_args!("paused   {}", name()));
        }
        "resume" => {
            projector.resume(name()).await?;
            line(format_args!("resumed  {}", name()));
        }
        "park" => {
            projector.park(name(), Position::new(position())).await?;
            line(format_args!("parked   {} goes on behind event {}", name(), position()));
        }
        "parked" => parked(&projector, name(), arguments.get_flag("json")).await?,
        "retry" => retry(&projector, name()).await?,
        "retire" => {
            projector.retire(name()).await?;
            line(format_args!(
                "retired  {}; its tables stay until a migration drops them, and who brings it back rebuilds it first",
                name()
            ));
        }
        // clap has refused every other verb.
        _ => {
            let position = position();
            projector.skip(name(), Position::new(position)).await?;
            line(format_args!("skipped  {} goes without event {position}", name()));
        }
    }
    Ok(())
}

async fn list<S: SqlStorage>(projector: &Projector<S>, as_json: bool) -> Result<(), RunError> {
    let (head, all) = (projector.head().await?, projector.status().await?);
    let retired = if as_json { Vec::new() } else { projector.retirable().await? };
    if all.is_empty() && retired.is_empty() && !as_json {
        line("there are no projections; `bloom generate projection` writes one");
    }
    let width = all.iter().map(|status| status.name.len()).max().unwrap_or_default();
    for status in all {
        line(if as_json { json(&status, head) } else { text(&status, head, width) });
    }
    for name in retired {
        line(format_args!(
            "`{name}` is none of this program's; where no other has it, `projection retire {name}` forgets it"
        ));
    }
    Ok(())
}

fn text(status: &ProjectionStatus, head: Position, width: usize) -> String {
    let ProjectionStatus { name, state, position, skipped, parked, failure, .. } = status;
    let behind = head.get().saturating_sub(position.get());
    let mut text = format!("{name:<width$}  {:<8}  at {position} of {head}", state.as_str());
    if behind > 0 {
        text.push_str(&format!(", {behind} behind"));
    }
    if status.parts.len() > 1 {
        text.push_str(&format!(", in {} parts", status.parts.len()));
    }
    if *skipped > 0 {
        text.push_str(&format!(", {skipped} skipped"));
    }
    if *parked > 0 {
        text.push_str(&format!(", {parked} set aside"));
        if *state != ProjectionState::Building {
            text.push_str(&format!(
                "\n  `projection parked {name}` says why, `projection retry {name}` takes them again"
            ));
        }
    }
    if let Some(failure) = failure {
        text.push_str(&format!("\n  fails: {failure}"));
    }
    if status.awaits_rebuild {
        text.push_str(&format!(
            "\n  this program registers it otherwise: with `.inline()` or without, in another number of parts, or for other aggregates; `projection rebuild {name}` changes that"
        ));
    }
    if *state == ProjectionState::Paused {
        text.push_str(&format!("\n  `projection resume {name}` lets it go on"));
    }
    text
}

fn json(status: &ProjectionStatus, head: Position) -> String {
    let part = |part: &PartStatus| {
        let worker = part.worker.as_ref().map(WorkerId::as_str);
        serde_json::json!({ "position": part.position, "worker": worker, "failure": part.failure })
    };
    let parts: Vec<_> = status.parts.iter().map(part).collect();
    serde_json::json!({
        "name": status.name,
        "state": status.state.as_str(),
        "position": status.position,
        "head": head,
        "skipped": status.skipped,
        "parked": status.parked,
        "failure": status.failure,
        "parts": parts,
        "awaits_rebuild": status.awaits_rebuild,
    })
    .to_string()
}

async fn parked<S: SqlStorage>(
    projector: &Projector<S>,
    name: &str,
    as_json: bool,
) -> Result<(), RunError> {
    let all = projector.parked(name).await?;
    if all.is_empty() && !as_json {
        line(format_args!("`{name}` has set nothing aside"));
    }
    for event in all {
        line(if as_json { parked_json(&event) } else { parked_text(&event) });
    }
    Ok(())
}

/// `    12  order-0190..  fails: NOT NULL constraint failed: order_list.note`
fn parked_text(event: &ParkedEvent) -> String {
    let ParkedEvent { position, stream, failure, .. } = event;
    let tenant =
        if stream.tenant.is_empty() { String::new() } else { format!(" of {}", stream.tenant) };
    match failure {
        Some(failure) => format!("{:>6}  {stream}{tenant}  fails: {failure}", position.get()),
        None => format!("{:>6}  {stream}{tenant}  waits", position.get()),
    }
}

fn parked_json(event: &ParkedEvent) -> String {
    serde_json::json!({
        "position": event.position,
        "tenant": event.stream.tenant,
        "aggregate": event.stream.aggregate,
        "id": event.stream.id,
        "failure": event.failure,
    })
    .to_string()
}

async fn retry<S: SqlStorage>(projector: &Projector<S>, name: &str) -> Result<(), RunError> {
    let Retried { taken, left } = projector.retry(name).await?;
    line(format_args!("retried  {name}  {taken} {} taken, {left} left", events(taken)));
    if left > 0 {
        line(format_args!("`projection parked {name}` says why"));
    }
    Ok(())
}

async fn rebuild<S: SqlStorage>(projector: &Projector<S>, name: &str) -> Result<(), RunError> {
    let mut shown = Line::new();
    let mut last = None;
    let built = projector
        .rebuild(name, |progress| {
            shown.replace(&bar(&progress));
            last = Some(progress);
        })
        .await;
    shown.end();
    let position = built?;
    let took = last.map(|progress| progress.elapsed).unwrap_or_default();
    let events = events(position.get());
    line(format_args!("rebuilt  {name}  {position} {events} in {:.1} s", took.as_secs_f64()));
    let aside = projector.parked(name).await?.len();
    if aside > 0 {
        line(format_args!("{aside} of them are set aside: `projection parked {name}` says why"));
    }
    Ok(())
}

/// `[#########           ]  45 %  12345 of 27000  31000/s  1 s left`
fn bar(progress: &RebuildProgress) -> String {
    const WIDTH: usize = 20;
    let (position, head) = (progress.position.get(), progress.head.get());
    let part = if head == 0 { 1.0 } else { position as f64 / head as f64 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of the width of the bar"
    )]
    let done = ((part * WIDTH as f64) as usize).min(WIDTH);
    let left = progress.remaining().map(|left| format!("  {} s left", rounded_up(left)));
    format!(
        "[{:<WIDTH$}] {:>3.0} %  {position} of {head}  {:.0}/s{}",
        "#".repeat(done),
        part * 100.0,
        progress.rate(),
        left.unwrap_or_default()
    )
}

const fn events(count: u64) -> &'static str {
    if count == 1 { "event" } else { "events" }
}

fn rounded_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_how_each_part_stands() {
        let part = |position, worker: Option<&str>| PartStatus {
            position: Position::new(position),
            worker: worker.map(|worker| WorkerId::from(worker.to_owned())),
            failure: None,
        };
        let status = ProjectionStatus {
            name: "orders",
            state: ProjectionState::Live,
            position: Position::new(3),
            skipped: 0,
            parked: 0,
            failure: None,
            parts: vec![part(3, Some("7-a")), part(9, None)],
            awaits_rebuild: false,
        };
        let head = Position::new(9);
        assert_eq!(text(&status, head, 6), "orders  live      at 3 of 9, 6 behind, in 2 parts");
        assert_eq!(
            json(&status, head),
            r#"{"awaits_rebuild":false,"failure":null,"head":9,"name":"orders","parked":0,"parts":[{"failure":null,"position":3,"worker":"7-a"},{"failure":null,"position":9,"worker":null}],"position":3,"skipped":0,"state":"live"}"#
        );
    }

    #[test]
    fn the_bar_says_how_far_it_is_and_how_long_it_takes() {
        let progress = |position, head, millis| RebuildProgress {
            position: Position::new(position),
            head: Position::new(head),
            elapsed: Duration::from_millis(millis),
        };
        assert_eq!(
            bar(&progress(5_000, 20_000, 500)),
            "[#####               ]  25 %  5000 of 20000  10000/s  2 s left"
        );
        assert_eq!(bar(&progress(0, 0, 0)), "[####################] 100 %  0 of 0  0/s");
    }
}
