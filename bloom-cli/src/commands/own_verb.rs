//! `bloom migrate` and its like: what a project's own binary does.

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

use crate::{failure::Failure, project::Project};

/// Runs the verb of the binary of the project this is in, through cargo, which builds it when needed.
pub(super) fn run(verb: &str, arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let root = Project::root(&super::here()?)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--", verb]).args(arguments).current_dir(&root);
    let status = command.status().map_err(|error| {
        Failure::project(format!("cargo could not be started: {error}"))
            .hint("install Rust from https://rustup.rs, or set CARGO")
    })?;
    // Ended by a signal, it has no code.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}
