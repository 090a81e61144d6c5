//! One file per verb: what was typed becomes a request, a plan, and an outcome.

mod completions;
mod db;
mod generate;
mod init;
mod patch;
mod setup;
mod vendor;

use crate::{
    cli::{Cli, DbVerb, Verb},
    failure::Failure,
    ui::Ui,
};

/// Runs the verb.
pub(crate) fn run(cli: Cli, ui: Ui) -> Result<(), Failure> {
    match cli.verb {
        Verb::Init(arguments) => init::run(&arguments, ui),
        Verb::Generate { thing } => generate::run(thing, ui),
        Verb::Db { verb: DbVerb::Use { database, options } } => db::move_to(database, &options, ui),
        Verb::Setup(arguments) => setup::run(&arguments, ui),
        Verb::Completions { shell } => {
            completions::run(shell, ui);
            Ok(())
        }
    }
}

/// The folder the command was called in.
fn here() -> Result<std::path::PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::io("read", std::path::Path::new("."), &error))
}
