//! `bloom completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{cli::Cli, ui::Ui};

pub(super) fn run(shell: Shell, ui: Ui) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bloom", &mut script);
    ui.data(String::from_utf8_lossy(&script).trim_end());
}
