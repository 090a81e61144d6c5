//! `migrate`: shows or applies the steps of the schema.

use clap::{ArgMatches, Command};

use crate::{
    application::Application,
    config::Config,
    failure::RunError,
    storage::{ManagedStorage, migrate},
    terminal::line,
};

pub(crate) fn command() -> Command {
    Command::new("migrate")
        .about("Show or apply the steps of the database's schema")
        .arg_required_else_help(true)
        .subcommand(Command::new("plan").about("Show what `up` would apply; changes nothing"))
        .subcommand(Command::new("status").about("Show every migration and whether it is applied"))
        .subcommand(Command::new("up").about("Apply what is pending, all or nothing"))
}

pub(crate) async fn run<A: Application>(
    config: &Config,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    let migrations = A::migrations();
    match arguments.subcommand_name() {
        Some("up") => {
            let names = migrate::<A>(&config.database).await?;
            if names.is_empty() {
                line("nothing to apply");
            }
            for name in names {
                line(format_args!("applied  {name}"));
            }
        }
        Some("status") => {
            for (name, applied) in
                <A::Storage as ManagedStorage>::plan(&config.database, &migrations).await?
            {
                line(format_args!("{:<8} {name}", if applied { "applied" } else { "pending" }));
            }
        }
        _ => {
            let plan = <A::Storage as ManagedStorage>::plan(&config.database, &migrations).await?;
            let pending: Vec<_> = plan.into_iter().filter(|(_, applied)| !applied).collect();
            if pending.is_empty() {
                line("nothing to apply");
            }
            for (name, _) in pending {
                line(format_args!("pending  {name}"));
            }
        }
    }
    Ok(())
}
