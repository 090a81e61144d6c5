//! `bloom completions`.

use clap_complete::env::Shells;

use crate::{
    cli::CompletionShell,
    failure::{Failure, FailureKind},
    ui::Ui,
};

/// The variable with which a shell asks this program what could come next.
pub(crate) const VARIABLE: &str = "COMPLETE";

/// Prints what tells the shell to ask.
pub(super) fn run(shell: CompletionShell, ui: Ui) -> Result<(), Failure> {
    let failed =
        |detail: String| Failure::new(FailureKind::Bug, format!("no completions: {detail}"));
    let shells = Shells::builtins();
    let name = shell.name();
    let completer = shells.completer(name).ok_or_else(|| failed(name.to_owned()))?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "bloom", "bloom", "bloom", &mut script)
        .map_err(|error| failed(error.to_string()))?;
    ui.data(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}
