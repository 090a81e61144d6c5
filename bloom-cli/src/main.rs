//! `bloom`: turns a sentence typed by a developer into edits of their project.
//!
//! What was typed (`cli`) becomes a request (`request`), which is applied to what the project already is
//! (`project`, `model`) and gives a plan (`plan`). The plan is rendered (`render`), compared and merged with what
//! is on disk (`changeset`, `edit`), and written in one step (`apply`). Only `project` reads the tree, only
//! `apply` writes it, only `ui` prints.

mod apply;
mod by_hand;
mod catalog;
mod changeset;
mod cli;
mod commands;
mod diagnosis;
mod edit;
mod failure;
mod format;
mod graph;
mod inspection;
mod interview;
mod model;
mod model_file;
mod plan;
mod project;
mod render;
mod report;
mod request;
mod snippets;
mod ui;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

fn main() -> ExitCode {
    // A shell that asks what could come next is answered, and that is all.
    clap_complete::CompleteEnv::with_factory(cli::Cli::command).var(commands::COMPLETE).complete();
    let cli = match understood(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(ui::misunderstood(&error)),
    };
    let ui = ui::Ui { quiet: cli.quiet, json: cli.json() };
    match commands::run(cli, ui) {
        Ok(code) => code,
        Err(failure) => {
            ui.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// What was typed, and what a person says when they are asked for the rest.
fn understood(words: Vec<std::ffi::OsString>) -> Result<cli::Cli, clap::Error> {
    match cli::Cli::try_parse_from(&words) {
        Ok(cli) => Ok(cli),
        Err(error) => match interview::complete(words, &error) {
            Some(words) => understood(words),
            None => Err(error),
        },
    }
}
