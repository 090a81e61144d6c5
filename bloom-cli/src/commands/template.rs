//! `bloom init --template`: a team's own project template, through `cargo generate`.
//!
//! As a library it would bring three hundred crates; who has templates of their own has the program already.

use std::{
    path::Path,
    process::{Command, ExitCode},
};

use super::init::check_package_name;
use crate::{
    cli::InitArgs,
    failure::{Failure, FailureKind},
    project::{MANIFEST, read_if_there, refuse_occupied},
    ui::Ui,
};

pub(super) fn run(arguments: &InitArgs, template: &str, ui: Ui) -> Result<ExitCode, Failure> {
    let root = super::here()?.join(&arguments.path);
    let name = match (&arguments.name, root.file_name()) {
        (Some(name), _) => name.clone(),
        (None, Some(name)) => name.to_string_lossy().into_owned(),
        (None, None) => String::new(),
    };
    check_package_name(&name)?;
    refuse_occupied(&root)?;
    if root.file_name().is_none_or(|folder| folder != name.as_str()) {
        return Err(Failure::new(
            FailureKind::Input,
            "`cargo generate` names the folder like the project",
        )
        .hint(format!("leave out `--name`, or say `bloom init {name} --template ..`")));
    }
    let parent = root.parent().unwrap_or(&root);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let is_there = Command::new(&cargo)
        .args(["generate", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !is_there {
        return Err(Failure::new(
            FailureKind::Machine,
            "`cargo generate` is not installed, and templates of your own are its business",
        )
        .hint("`cargo install cargo-generate --locked` brings it"));
    }
    let from = if Path::new(template).is_dir() { "--path" } else { "--git" };
    let status = Command::new(&cargo)
        .args(["generate", from, template, "--name", &name, "--destination"])
        .arg(parent)
        .status()
        .map_err(|error| Failure::io("start", Path::new(&cargo), &error))?;
    if !status.success() {
        return Err(Failure::project("`cargo generate` did not make the project")
            .hint("what it said stands above"));
    }
    if read_if_there(&root.join(MANIFEST))?.is_none() {
        ui.warning("the template has no `bloom.toml`, so the verbs of `bloom` do not work in the project; make the template from what `bloom init` writes, `.bloom` included");
    }
    Ok(ExitCode::SUCCESS)
}
