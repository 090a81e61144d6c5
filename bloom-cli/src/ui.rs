//! The only place that prints. Messages go to stderr, data to stdout.

use std::io::{IsTerminal, Write};

use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;

use crate::failure::{Failure, FailureKind};

/// How much is said.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ui {
    pub(crate) quiet: bool,
    /// Whether a program reads it.
    pub(crate) json: bool,
}

/// A failure for a program.
#[derive(Serialize)]
struct Problem<'f> {
    error: &'f Failure,
}

impl Ui {
    /// One effect: the verb, aligned, and what it was done to.
    pub(crate) fn effect(self, verb: &str, what: &str) {
        if !self.quiet {
            let green = AnsiColor::Green.on_default().bold();
            anstream::eprintln!("{green}{verb:>10}{green:#} {what}");
        }
    }

    /// What to do next.
    pub(crate) fn next(self, text: &str) {
        if !self.quiet {
            let cyan = AnsiColor::Cyan.on_default();
            anstream::eprintln!("{cyan}{:>10}{cyan:#} {text}", "next:");
        }
    }

    pub(crate) fn warning(self, text: &str) {
        let yellow = AnsiColor::Yellow.on_default().bold();
        anstream::eprintln!("{yellow}warning:{yellow:#} {text}");
    }

    /// What went wrong: for a program on stdout, where it looks for the outcome.
    pub(crate) fn failure(self, failure: &Failure) {
        if self.json {
            self.data(
                &serde_json::to_string_pretty(&Problem { error: failure }).unwrap_or_default(),
            );
            return;
        }
        for difference in &failure.difference {
            anstream::eprintln!("{}", difference.trim_end());
        }
        let red: Style = AnsiColor::Red.on_default().bold();
        let what = if failure.kind == FailureKind::Bug { "bug in bloom" } else { "error" };
        anstream::eprintln!("{red}{what}:{red:#} {}", failure.message);
        for hint in &failure.hints {
            let cyan = AnsiColor::Cyan.on_default();
            anstream::eprintln!("  {cyan}hint:{cyan:#} {hint}");
        }
    }

    /// Data. A reader that has gone away is no failure.
    pub(crate) fn data(self, text: &str) {
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}

/// Whether a person is there to be asked, and sees the question.
pub(crate) fn has_a_person() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Says a line to the person who is asked.
pub(crate) fn say(text: &str) {
    anstream::eprintln!("{text}");
}

/// Asks; `None` when the person has left.
pub(crate) fn ask(question: &str) -> std::io::Result<Option<String>> {
    let bold = Style::new().bold();
    anstream::eprint!("{bold}{question}{bold:#}");
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer)?;
    Ok((read > 0).then_some(answer))
}

/// What cannot be parsed is said as clap says it, or as data to a program, which asks for that in the same breath. The
/// exit code.
pub(crate) fn misunderstood(error: &clap::Error) -> u8 {
    let for_a_program = std::env::args_os().any(|argument| argument == "--json");
    if !error.use_stderr() || !for_a_program {
        error.exit();
    }
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let failure = lines.fold(Failure::new(FailureKind::Input, message), |failure, line| {
        failure.hint(line.strip_prefix("tip: ").unwrap_or(line))
    });
    Ui { quiet: false, json: true }.failure(&failure);
    failure.exit_code()
}
