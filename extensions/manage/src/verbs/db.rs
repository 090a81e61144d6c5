//! `db`: copies the data of one database into another.

use bloom_sql::{CopyError, Progress, copy};
use clap::{Arg, ArgMatches, Command};

use crate::{
    application::Application,
    config::{Config, DatabaseConfig},
    failure::RunError,
    storage::{ManagedStorage, migrate},
    terminal::{self, line},
};

pub(crate) fn command() -> Command {
    let address = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("URL").help(help)
    };
    let copy = Command::new("copy")
        .about("Copy everything into a database that was only migrated; stop the program first")
        .arg(address("from", "The database to read, such as sqlite:data/shop.db").required(true))
        .arg(address("to", "The database to fill; the configured one when left out"));
    Command::new("db")
        .about("Copy data between databases")
        .arg_required_else_help(true)
        .subcommand(copy)
}

pub(crate) async fn run<A: Application>(
    config: &Config,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    // clap has refused everything but `copy`.
    let Some(("copy", arguments)) = arguments.subcommand() else { return Ok(()) };
    let address = |name| arguments.get_one::<String>(name).cloned();
    let Some(from) = address("from") else { return Ok(()) };
    let to = address("to").unwrap_or_else(|| config.database.url.clone());
    // The target is brought up to this program, unless somebody wants to see that done.
    let target = DatabaseConfig { url: to.clone(), ..config.database.clone() };
    let schemes = A::Storage::SCHEMES;
    if schemes.iter().any(|scheme| to.starts_with(scheme))
        && target.migrate == crate::config::MigrateWhen::OnStart
    {
        for name in migrate::<A>(&target).await? {
            line(format_args!("applied  {name}"));
        }
    }
    let mut shown = terminal::Line::new();
    let copied = copy(&from, &to, |progress| shown.replace(&words(progress))).await;
    shown.end();
    let copied = copied.map_err(with_hint)?;
    for (table, rows) in &copied.tables {
        line(format_args!("copied   {rows:>9}  {table}"));
    }
    for table in &copied.left {
        line(format_args!("left               {table}: it is none of Bloom's; copy it yourself"));
    }
    Ok(())
}

fn words(Progress { table, done, total, .. }: &Progress) -> String {
    let percent = if *total == 0 { 100 } else { done * 100 / total };
    format!("copying  {done:>9} of {total} ({percent} %)  {table}")
}

/// A program is built for its own database, so that the other one has to be asked for.
fn with_hint(error: CopyError) -> RunError {
    let CopyError::Scheme { scheme } = &error else { return RunError::Copy(error) };
    let feature = match scheme.as_str() {
        "sqlite" => "sqlite",
        "postgres" | "postgresql" => "postgres",
        _ => return RunError::Copy(error),
    };
    RunError::OtherDatabase { feature }
}
