//! `bloom man`: the help as manual pages.

use clap::CommandFactory;

use crate::{
    cli::Cli,
    failure::{Failure, FailureKind},
    request::error::nearest,
    ui::Ui,
};

/// Prints the page of a verb, or of the whole program.
pub(super) fn run(verb: &[String], ui: Ui) -> Result<(), Failure> {
    let mut root = Cli::command();
    root.build();
    let mut command = &root;
    for word in verb {
        command = command.find_subcommand(word).ok_or_else(|| {
            let failure =
                Failure::new(FailureKind::Input, format!("there is no verb `{}`", verb.join(" ")));
            let known = command.get_subcommands().map(clap::Command::get_name);
            match nearest(word, known) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`bloom --help` shows all of them"),
            }
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| Failure::new(FailureKind::Bug, format!("no manual page: {error}")))?;
    ui.data(String::from_utf8_lossy(&page).trim_end());
    Ok(())
}
