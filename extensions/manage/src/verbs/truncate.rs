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
    let (events, of) = (counted(*events, "event"), counted(*aggregates, "aggregate"));
    let mut words = vec![format!("{done:<9}  {events} of {of}, up to position {position}")];
    for (why, count) in kept {
        let why = match why {
            Kept::Audited => "audited",
            Kept::Tagged => "with tags or something personal",
            Kept::Unknown => "of a kind that this program does not know",
            _ => "kept",
        };
        words.push(format!("kept       all events of {}: {why}", counted(*count, "aggregate")));
    }
    if let Some(reader) = held_back {
        words.push(format!(
            "held back  by `{}`, which is at {} of the log",
            reader.name, reader.position
        ));
    }
    words
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use bloom_runtime::{
        application::{Events, StorageStore},
        domain::{Aggregate, Version},
        memory::MemoryStorage,
        ports::{Cursors, Position, Repository, Store, UnitOfWork},
        testing::conformance::{Account, AccountId},
    };

    use super::*;
    use crate::retention::truncate;

    #[tokio::test]
    async fn what_went_is_said_and_lies_in_the_archive_and_what_holds_back_is_named() {
        let store = StorageStore::new(MemoryStorage::new()).aggregate::<Account>(Events::folded());
        let mut account = Account::open(AccountId::from(uuid(1)), "ada");
        account.deposit(1);
        account.deposit(2);
        let mut uow = store.begin().await.unwrap();
        uow.repository().add(account).unwrap();
        uow.commit().await.unwrap();
        let later = "9000-01-01T00:00:00Z".parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive.jsonl");

        let waits = Retention::before(later).read_by(["wealth"]);
        let retained = truncate(&store, &waits, Some(&archive)).await.unwrap();
        assert_eq!(
            words(&retained, false),
            [
                "truncated  0 events of 0 aggregates, up to position 0",
                "held back  by `wealth`, which is at 0 of the log"
            ]
        );
        store.storage().save_cursor("wealth", Position::new(3)).await.unwrap();
        // Somebody was killed while they wrote.
        std::fs::write(&archive, "{\"position\":").unwrap();
        let retained = truncate(&store, &waits, Some(&archive)).await.unwrap();
        assert_eq!(
            words(&retained, false),
            ["truncated  2 events of 1 aggregate, up to position 3"]
        );
        let kept = std::fs::read_to_string(&archive).unwrap();
        let kept: Vec<serde_json::Value> =
            kept.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(kept.len(), 2);
        assert_eq!((&kept[1]["position"], &kept[1]["payload"]["amount"]), (&2.into(), &1.into()));
        assert_eq!(kept[0]["name"], "conformance.opened");

        // Nothing goes that cannot be kept.
        let nowhere = folder.path().join("none").join("archive.jsonl");
        let refused = truncate(&store, &waits, Some(&nowhere)).await.unwrap_err();
        assert!(matches!(refused, RunError::Archive { .. }), "{refused}");
        let loaded: Account =
            store.begin().await.unwrap().repository().get(&AccountId::from(uuid(1))).await.unwrap();
        assert_eq!((loaded.balance(), loaded.version()), (3, Version::new(3)));
    }

    fn uuid(number: u128) -> bloom_runtime::domain::Uuid {
        bloom_runtime::domain::Uuid::from_u128(number)
    }
}
