//! Read models: each event exactly once, whatever happens meanwhile.

mod postgres_server;
mod read_model;

use std::sync::{Arc, atomic::AtomicBool};

use bloom_sql::{Migrations, PostgresStorage, SqliteStorage};
use read_model::{Processes, TABLES_SQL};

/// In how many parts read models follow the log here; another test has more.
#[allow(dead_code, reason = "not where this file is part of another test")]
const PARTS: u32 = 1;

fn migrations() -> Migrations {
    Migrations::new().with("0001_balances", TABLES_SQL)
}

/// Two processes on one file.
fn sqlite() -> (Arc<SqliteStorage>, Arc<SqliteStorage>) {
    let path = tempfile::tempdir().expect("a folder").keep().join("test.db");
    SqliteStorage::migrate(&path, &migrations()).expect("the migrations apply");
    let open = || SqliteStorage::open(&path, &migrations()).expect("the database opens");
    (Arc::new(open()), Arc::new(open()))
}

/// Two processes on one database of a server.
async fn postgres() -> Option<(Arc<PostgresStorage>, Arc<PostgresStorage>)> {
    let url = postgres_server::new_database().await?;
    PostgresStorage::migrate(&url, &migrations()).await.expect("the migrations apply");
    let one = PostgresStorage::open(&url, &migrations()).await.expect("the database opens");
    let other = PostgresStorage::open(&url, &migrations()).await.expect("the database opens");
    Some((Arc::new(one), Arc::new(other)))
}

macro_rules! on_both {
    ($($name:ident($($process:ident),*)),* $(,)?) => {
        mod on_sqlite {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let (one, _other) = sqlite();
                on_both!(@ one _other $name $($process)*);
            })*
        }

        mod on_postgres {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let Some((one, _other)) = postgres().await else { return };
                on_both!(@ one _other $name $($process)*);
            })*
        }
    };
    (@ $one:ident $other:ident $name:ident here) => { read_model::$name($one).await };
    (@ $one:ident $other:ident $name:ident here there) => { read_model::$name($one, $other).await };
}

on_both! {
    each_event_once(here, there),
    rebuilt_while_running(here, there),
    stops_at_what_it_cannot_take(here),
    stands_still_and_is_waited_for(here, there),
    sees_removals(here),
    rebuilds_nothing_with_foreign_keys(here),
    skips_nothing_that_is_well(here),
    begins_behind_what_was_truncated(here),
    sets_aside_what_it_cannot_take(here, there),
    retries_while_it_runs(here, there),
    sets_aside_only_so_many(here),
    sets_aside_together_only_so_many(here),
    sets_aside_while_it_is_rebuilt(here),
    begins_anew_with_nothing_set_aside(here),
    shares_its_parts(here, there),
    goes_on_for_the_dead(here, there),
    ends_while_what_waits_grows(here, there),
    leaves_it_to_who_can(here, there),
    sets_aside_in_every_part(here),
    sets_aside_in_its_own_part(here),
    changes_its_parts(here, there),
    ends_while_nobody_rests(here, there),
}

/// Two processes on one database, in one of which the projection is written with the events.
macro_rules! with_and_without {
    ($($name:ident),* $(,)?) => {
        mod inline_on_sqlite {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let (following, inline) = sqlite();
                with_and_without!(@ following inline SqliteStorage $name);
            })*
        }

        mod inline_on_postgres {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let Some((following, inline)) = postgres().await else { return };
                with_and_without!(@ following inline PostgresStorage $name);
            })*
        }
    };
    (@ $following:ident $inline:ident $storage:ident $name:ident) => {{
        let refuses = Arc::new(AtomicBool::new(false));
        let balances = read_model::Balances::refusing(&refuses);
        let inline = $inline.as_ref().clone().with_inline(&read_model::inline(balances));
        let inline = Arc::new(inline);
        let with_inline: fn(&$storage, &_) -> $storage =
            |storage, projections| storage.clone().with_inline(projections);
        let processes = Processes { following: $following, inline, refuses, with_inline };
        read_model::$name(processes).await
    }};
}

with_and_without! {
    is_written_with_the_events,
    what_it_cannot_take_is_not_stored,
    a_rebuild_is_the_door,
    the_door_is_open_while_others_write,
    the_door_shuts_out_who_has_not_heard_of_it,
    cannot_wait_or_leave_out,
    a_door_that_stays_shut,
    what_nobody_has_any_more_is_taken_out,
    what_it_follows_changes_with_a_rebuild,
}

#[test]
#[should_panic(expected = "two projections have the name `balances`")]
fn two_of_one_name_would_take_events_from_each_other() {
    let _ = read_model::projections(read_model::Balances::default()).with(read_model::balances());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_not_given_sets_nothing_aside() {
    let Some(url) = postgres_server::new_database().await else { return };
    PostgresStorage::migrate(&url, &migrations()).await.expect("the migrations apply");
    let open = async |url: &str| {
        Arc::new(PostgresStorage::open(url, &migrations()).await.expect("the database opens"))
    };
    let impatient = open(&format!("{url}?options=-c%20lock_timeout%3D50")).await;
    read_model::blames_no_event_for_the_server(impatient, open(&url).await).await;
}

/// On SQLite all who write wait for each other anyway.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_aside_is_taken_beside_the_next() {
    let Some((one, other)) = postgres().await else { return };
    read_model::retries_beside_the_next(one, other).await;
    let Some((one, other)) = postgres().await else { return };
    read_model::rebuilds_beside_another(one, other).await;
}

/// On SQLite all who write wait for each other anyway.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_rebuild_of_another() {
    let Some((one, other)) = postgres().await else { return };
    read_model::waits_for_no_rebuild_of_another(one, other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_in_another_database() {
    read_model::apart(sqlite().0, sqlite().0).await;
    let Some((server, _)) = postgres().await else { return };
    read_model::apart(Arc::clone(&server), sqlite().0).await;
}
