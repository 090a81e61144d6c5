//! Parsing the command line and running the verb.

use std::{path::PathBuf, process::ExitCode};

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::{
    application::Application,
    config::Config,
    failure::RunError,
    log,
    storage::{ManagedStorage, open},
    terminal,
    verb::{Services, Verb},
    verbs,
};

/// Runs the application with the arguments of the process; without a verb it serves.
#[must_use]
pub fn run<A: Application>() -> ExitCode {
    let own = A::verbs();
    let matches = match command::<A>(&own).try_get_matches() {
        Ok(matches) => matches,
        Err(error) => error.exit(),
    };
    match verb::<A>(&own, &matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn command<A: Application>(own: &[Verb<A::Storage>]) -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).global(true)
    };
    Command::new(A::NAME)
        .version(A::VERSION)
        .arg(
            option("config", "FILE", "Read this file instead of config/default.toml")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(option("database", "URL", "Use this database, such as sqlite:data/other.db"))
        .subcommand(verbs::serve::command())
        .subcommand(verbs::migrate::command())
        .subcommand(verbs::events::command())
        .subcommand(verbs::documents::command())
        .subcommand(verbs::forget::command())
        .subcommands(of_databases())
        .subcommands(own.iter().map(|verb| verb.command.clone()))
}

/// What there is to be done where there are databases.
fn of_databases() -> Vec<Command> {
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    return vec![verbs::projection::command(), verbs::db::command(), crate::verify::command()];
    #[cfg(not(any(feature = "sqlite", feature = "postgres")))]
    Vec::new()
}

fn verb<A: Application>(own: &[Verb<A::Storage>], matches: &ArgMatches) -> Result<(), RunError> {
    let file = matches.get_one::<PathBuf>("config").map(PathBuf::as_path);
    let mut config = Config::load(A::NAME, file, A::Storage::SCHEMES)?;
    if let Some(url) = matches.get_one::<String>("database") {
        config.database.url.clone_from(url);
    }
    log::start(&config.log)?;

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match matches.subcommand() {
            None => verbs::serve::run::<A>(config, None).await,
            Some(("serve", arguments)) => verbs::serve::run::<A>(config, Some(arguments)).await,
            Some(("migrate", arguments)) => verbs::migrate::run::<A>(&config, arguments).await,
            Some(("events", arguments)) => verbs::events::run::<A>(&config, arguments).await,
            Some(("documents", arguments)) => verbs::documents::run::<A>(&config, arguments).await,
            Some(("forget", arguments)) => verbs::forget::run::<A>(&config, arguments).await,
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            Some(("db", arguments)) => verbs::db::run::<A>(&config, arguments).await,
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            Some(("verify", arguments)) => A::Storage::verify(&config.database, arguments).await,
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            Some(("projection", arguments)) => {
                verbs::projection::run::<A>(&config, arguments).await
            }
            Some((name, arguments)) => {
                let Some(verb) = own.iter().find(|verb| verb.command.get_name() == name) else {
                    // clap has refused every verb that is not one of those above.
                    return Ok(());
                };
                let store = A::on_storage(A::store(open::<A>(&config).await?));
                Ok((verb.run)(Services { config, store }, arguments.clone()).await?)
            }
        }
    })
}
