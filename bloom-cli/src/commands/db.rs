//! `bloom db use`.

use super::{
    patch,
    workshop::{Next, Reach, Workshop},
};
use crate::{
    changeset::Changeset,
    cli::Options,
    failure::Failure,
    project::{Database, Settings},
    ui::Ui,
};

/// Moves the project to another database: every file that follows from it is written anew, and merged with what was changed.
pub(super) fn move_to(database: Database, options: &Options, ui: Ui) -> Result<(), Failure> {
    let mut workshop = Workshop::open(options, ui)?;
    let before = workshop.project.settings.database;
    if before == database {
        workshop.tell(&Changeset::default());
        return Ok(());
    }

    let settings = Settings { database, ..workshop.project.settings.clone() };
    let context = workshop.project.context()?;
    let reach = Reach::Everything;
    let next = Next::new(&settings, &context, &context, reach);
    let mut changeset = workshop.evolve(&next)?;
    // Where cargo finds Bloom is a matter of this machine, written for the crates that the project names.
    let config = ".cargo/config.toml";
    let project = &workshop.project;
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
    workshop.finish(&changeset)?;
    if !options.dry_run && before.is_sql() && database.is_sql() {
        for (number, name) in &context.migrations {
            ui.next(&format!("write migrations/{number:04}_{name}.sql for the other database"));
        }
        advise(ui, &settings.name, before, database);
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
