//! `bloom db use`.

use super::{
    generate::{on_conflict, write, written},
    patch,
};
use crate::{
    apply::Lock,
    changeset::{Changeset, compare},
    cli::Options,
    failure::Failure,
    format::Formatter,
    model::english,
    plan::Planner,
    project::{Database, Project, Settings, workspace_above},
    render::Templates,
    report::{Form, report},
    ui::Ui,
};

/// Moves the project to another database: every file that follows from it is written anew, and merged with what was changed.
pub(super) fn move_to(database: Database, options: &Options, ui: Ui) -> Result<(), Failure> {
    english::prepare();
    let root = Project::root(&super::here()?)?;
    let lock = if options.dry_run { None } else { Some(Lock::take(&root)?) };
    if let Some((_, true)) = &lock {
        ui.warning("an earlier run was interrupted; what it had begun was undone");
    }
    let mut formatter = Formatter::start(&root);
    let project = Project::open(root)?;
    let form = Form { json: options.json, diff: options.diff, dry_run: options.dry_run };
    let before = project.settings.database;
    if before == database {
        report(ui, &Changeset::default(), form);
        return Ok(());
    }

    let settings = Settings { database, ..project.settings.clone() };
    let context = project.context()?;
    let member = workspace_above(project.root.parent().unwrap_or(&project.root))?.is_some();
    let files = Planner::new(&settings, &context, member).everything();
    let templates = Templates::new(project.overrides()?);
    let (texts, formatting) = written(&project, &templates, files, &mut formatter)?;
    let mut changeset = compare(&project, &texts, formatting, on_conflict(options))?;
    // Where cargo finds Bloom is a matter of this machine, written for the crates that the project names.
    let config = ".cargo/config.toml";
    if let Some(text) = project.read(config)?
        && let Some(moved) = patch::moved(
            &text,
            &project.settings,
            &settings,
            &project.read("Cargo.toml")?.unwrap_or_default(),
        )
    {
        changeset.records.push((config.to_owned(), moved));
    }

    if !options.dry_run {
        write(&project, &changeset)?;
    }
    report(ui, &changeset, form);
    if !options.dry_run && before.is_sql() && database.is_sql() {
        for (number, name) in &context.migrations {
            ui.next(&format!("write migrations/{number:04}_{name}.sql for the other database"));
        }
        advise(ui, &project.settings.name, before, database);
    }
    Ok(())
}

fn advise(ui: Ui, name: &str, before: Database, database: Database) {
    if database == Database::Postgres {
        ui.next("docker compose up --detach database, or any server that DATABASE_URL names");
    }
    let (feature, from, to) = match before {
        Database::Sqlite => {
            ("sqlite", format!("sqlite:data/{name}.db"), "$DATABASE_URL".to_owned())
        }
        _ => ("postgres", "$DATABASE_URL".to_owned(), format!("sqlite:data/{name}.db")),
    };
    ui.next("cargo run -- migrate up");
    ui.next(&format!(
        "cargo run --features bloom-manage/{feature} -- db copy --from {from} --to {to}"
    ));
}
