//! How the architecture is checked.

use clap::{Args, ValueEnum};

use crate::inspection::Rule;

/// Arguments of `bloom check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bloom check
  bloom check --explain state-outside-apply
  bloom check --format sarif > bloom.sarif

A rule is taken otherwise in `bloom.toml`:
  [check]
  forbidden-crates = [\"openssl\"]
  [check.rules]
  unread-event = \"off\"            # error, warning, note or off
and once, in the line above or on the line itself, with a reason:
  // bloom: allow(domain-purity) the format needs the time zone of the machine

The exit code is 1 when there is an error or a warning.")]
pub(crate) struct CheckArgs {
    /// How the findings are printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: CheckFormat,
    /// Show also what is no reason to fail
    #[arg(long)]
    pub(crate) notes: bool,
    /// Say why there is a rule, and what to do
    #[arg(long, value_enum, value_name = "RULE")]
    pub(crate) explain: Option<Rule>,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// A line for each, with its place.
    Text,
    Json,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
}
