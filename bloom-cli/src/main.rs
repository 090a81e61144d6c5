//! `bloom`: turns a sentence typed by a developer into edits of their project.
//!
//! What was typed (`cli`) becomes a request (`request`), which is applied to what the project already is
//! (`project`, `model`) and gives a plan (`plan`). The plan is rendered (`render`), compared and merged with what
//! is on disk (`changeset`, `edit`), and written in one step (`apply`). Only `project` reads the tree, only
//! `apply` writes it, only `ui` prints.

mod apply;
mod by_hand;
mod changeset;
mod cli;
mod commands;
mod edit;
mod failure;
mod format;
mod model;
mod plan;
mod project;
mod render;
mod report;
mod request;
mod ui;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misunderstood(&error),
    };
    let ui = ui::Ui { quiet: cli.quiet, json: cli.json() };
    match commands::run(cli, ui) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            ui.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// What cannot be parsed is said as clap says it, or as data to a program, which asks for that in the same breath.
fn misunderstood(error: &clap::Error) -> ExitCode {
    let for_a_program = std::env::args_os().any(|argument| argument == "--json");
    if !error.use_stderr() || !for_a_program {
        error.exit();
    }
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let failure = lines
        .fold(failure::Failure::new(failure::FailureKind::Input, message), |failure, line| {
            failure.hint(line.strip_prefix("tip: ").unwrap_or(line))
        });
    ui::Ui { quiet: false, json: true }.failure(&failure);
    ExitCode::from(failure.exit_code())
}
