//! One file per verb: what was typed becomes a request, a plan, and an outcome.

mod add;
mod check;
mod completions;
mod db;
mod destroy;
mod doctor;
mod eject;
mod generate;
mod graph;
mod init;
mod list;
mod man;
mod model;
mod own_verb;
mod patch;
mod rename;
mod setup;
mod snippets;
mod template;
mod upgrade;
mod vendor;
mod workshop;

use std::process::ExitCode;

pub(crate) use completions::VARIABLE as COMPLETE;

use crate::{
    apply::{Lock, is_interrupted},
    cli::{Cli, DbVerb, Ejected, ModelVerb, Verb},
    failure::Failure,
    project::Project,
    ui::Ui,
};

/// Runs the verb.
pub(crate) fn run(cli: Cli, ui: Ui) -> Result<ExitCode, Failure> {
    match cli.verb {
        Verb::Init(arguments) => match &arguments.template {
            Some(template) => return template::run(&arguments, template, ui),
            None => init::run(&arguments, ui)?,
        },
        Verb::Generate { thing } => generate::run(thing, ui)?,
        Verb::Add { thing } => add::run(thing, ui)?,
        Verb::Rename { thing } => rename::run(&thing, ui)?,
        Verb::Destroy { thing } => destroy::run(&thing, ui)?,
        Verb::List { json } => list::run(json, ui)?,
        Verb::Routes { json } => list::routes(json, ui)?,
        Verb::Upgrade { options } => return upgrade::run(&options, ui),
        Verb::Eject { thing: Ejected::Templates { paths, options } } => {
            eject::templates(&paths, &options, ui)?;
        }
        Verb::Model { verb } => match verb {
            ModelVerb::Apply { file, prune, options } => model::apply(&file, prune, &options, ui)?,
            ModelVerb::Check { file, json } => return model::check(&file, json, ui),
            ModelVerb::Export => model::export(ui)?,
            ModelVerb::Schema => model::print_schema(ui),
        },
        Verb::Check(arguments) => return check::run(&arguments, ui),
        Verb::Graph(arguments) => graph::run(&arguments, ui)?,
        Verb::Doctor { json } => return doctor::run(json, ui),
        Verb::Db { verb: DbVerb::Use { database, options } } => {
            db::move_to(database, &options, ui)?;
        }
        Verb::Setup(arguments) => setup::run(&arguments, ui)?,
        Verb::Migrate(own) => return own_verb::run("migrate", &own.arguments),
        Verb::Events(own) => return own_verb::run("events", &own.arguments),
        Verb::Projection(own) => return own_verb::run("projection", &own.arguments),
        Verb::Verify(own) => return own_verb::run("verify", &own.arguments),
        Verb::Completions { shell } => completions::run(shell, ui)?,
        Verb::Snippets { editor } => snippets::run(editor, ui),
        Verb::Man { verb } => man::run(&verb, ui)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The project that the command was called in, to be read. What an interrupted run left is undone first, or nothing that is
/// said of the project would be true.
fn to_read(ui: Ui) -> Result<Project, Failure> {
    let root = Project::root(&here()?)?;
    if is_interrupted(&root) {
        let (_lock, undone) = Lock::take(&root)?;
        if undone {
            ui.warning("an earlier run was interrupted; what it had begun was undone");
        }
    }
    Project::open(root)
}

/// The folder the command was called in.
fn here() -> Result<std::path::PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::io("read", std::path::Path::new("."), &error))
}
