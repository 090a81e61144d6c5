//! What can be called otherwise.

use clap::Subcommand;

use super::{Options, names};

/// What can be called otherwise.
#[derive(Debug, Subcommand)]
pub(crate) enum Renaming {
    /// Rename an aggregate: code, files and routes; what is stored keeps its name
    #[command(after_help = "\
Examples:
  bloom rename aggregate Order Purchase --diff --dry-run
  bloom rename aggregate Person Human --plural humans

The names of its events and of its table stay as they are in the log and in the schema. Identifiers are renamed in all
code of the project and in the links of doc comments; other comments, texts and local variables stay.")]
    Aggregate {
        /// Its name
        #[arg(add = names::aggregates())]
        from: String,
        /// Its new name
        to: String,
        /// The new plural, when English would say another
        #[arg(long)]
        plural: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Rename a value object
    #[command(
        visible_alias = "value",
        after_help = "\
Examples:
  bloom rename value-object Money Price"
    )]
    ValueObject {
        /// Its name
        #[arg(add = names::values())]
        from: String,
        /// Its new name
        to: String,
        #[command(flatten)]
        options: Options,
    },
    /// Rename a behaviour of an aggregate; its event keeps its name
    #[command(after_help = "\
Examples:
  bloom rename command place submit --in Order")]
    Command {
        /// Its verb
        #[arg(add = names::verbs())]
        from: String,
        /// Its new verb
        to: String,
        /// The aggregate
        #[arg(long = "in", value_name = "AGGREGATE", add = names::aggregates())]
        root: String,
        #[command(flatten)]
        options: Options,
    },
}

impl Renaming {
    pub(crate) fn options(&self) -> &Options {
        let (Self::Aggregate { options, .. }
        | Self::ValueObject { options, .. }
        | Self::Command { options, .. }) = self;
        options
    }
}
