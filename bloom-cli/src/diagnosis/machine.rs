//! What is installed.

use std::process::{Command, Stdio};

use super::Answer;

/// The oldest Rust that generated projects build with.
const RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Asks for everything that Bloom and its projects call.
pub(crate) fn machine() -> Vec<Answer> {
    let rustup = "install Rust from https://rustup.rs";
    let rust = match version("rustc", &["--version"]) {
        None => Answer::broken("rustc is not there", rustup),
        Some(found) if is_older(&found, RUST) => Answer::broken(
            format!("{found} is older than {RUST}"),
            "bring it up to date with `rustup update`",
        ),
        Some(found) => Answer::fine(found),
    };
    let cargo = match version("cargo", &["--version"]) {
        None => Answer::broken("cargo is not there", rustup),
        Some(found) => Answer::fine(found),
    };
    let rustfmt = match version("rustfmt", &["--version"]) {
        None => Answer::advice(
            "rustfmt is not there, so that files are written without a format",
            "`rustup component add rustfmt`",
        ),
        Some(found) => Answer::fine(found),
    };
    let clippy = match version("cargo", &["clippy", "--version"]) {
        None => Answer::advice(
            "clippy is not there, and the workflow of each project calls it",
            "`rustup component add clippy`",
        ),
        Some(found) => Answer::fine(found),
    };
    let git = match version("git", &["--version"]) {
        None => Answer::advice("git is not there", "what `bloom` changes is best undone with git"),
        Some(found) => Answer::fine(found),
    };
    // A C compiler builds the embedded database.
    let cc = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let compiler = match version(&cc, &["--version"]) {
        None => Answer::advice(
            format!("the C compiler `{cc}` is not there, and SQLite is built with one"),
            "Debian has it in `build-essential`; projects on PostgreSQL do without",
        ),
        Some(found) => Answer::fine(found),
    };
    vec![rust, cargo, rustfmt, clippy, git, compiler]
}

/// The first line that a program says of itself.
fn version(program: &str, arguments: &[&str]) -> Option<String> {
    let output =
        Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().map(str::to_owned)
}

/// Whether `rustc 1.90.0 (..)` is older than `1.95`.
fn is_older(found: &str, wanted: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split(['.', '-', ' ']).map_while(|part| part.parse().ok()).collect()
    };
    let found = found.split_whitespace().nth(1).unwrap_or_default();
    numbers(found) < numbers(wanted)
}

#[cfg(test)]
mod tests {
    use super::is_older;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(is_older("rustc 1.94.2 (abc 2026-01-01)", "1.95"));
        assert!(is_older("rustc 1.9.0", "1.95"));
        for new in ["rustc 1.95.0", "rustc 1.100.0-nightly (abc)", "rustc 2.0.0"] {
            assert!(!is_older(new, "1.95"), "{new}");
        }
    }
}
