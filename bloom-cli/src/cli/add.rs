//! What can be added to something that is there.

use clap::Subcommand;

use super::{Options, names};

/// What can be added.
#[derive(Debug, Subcommand)]
pub(crate) enum Addition {
    /// Add a field to an aggregate or an entity: state, events, routes and tests
    #[command(after_help = "\
Examples:
  bloom add field Order discount:Money:optional
  bloom add field OrderLine remarks:String:list

What was stored before has no such field, so it is `optional` or a `list`. Stored events are read as they are:
one with a field more that may be missing needs no new revision.")]
    Field {
        /// The aggregate or the entity
        #[arg(value_name = "OWNER", add = names::owners())]
        owner: String,
        /// `name:Type:optional`, with more rules behind it
        #[arg(value_name = "FIELD")]
        field: String,
        #[command(flatten)]
        options: Options,
    },
    /// Add variants to an enum that was declared with a field
    #[command(after_help = "\
Examples:
  bloom add variant Order status archived
  bloom add variant Order status archived lost")]
    Variant {
        /// The aggregate or the entity
        #[arg(value_name = "OWNER", add = names::owners())]
        owner: String,
        /// The field
        #[arg(value_name = "FIELD", add = names::fields())]
        field: String,
        /// The new variants
        #[arg(required = true, value_name = "VARIANT")]
        variants: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Give a field other rules
    #[command(after_help = "\
Examples:
  bloom add rule Customer name:String:1..200
  bloom add rule Order note:String:optional,..2000

These are all of its rules from now on. What was stored and breaks them cannot be loaded any more: widen rules at will, and
look at what is stored before you narrow them.")]
    Rule {
        /// The aggregate or the entity
        #[arg(value_name = "OWNER", add = names::owners())]
        owner: String,
        /// The field with its type as it is and its rules as they shall be
        #[arg(value_name = "FIELD")]
        field: String,
        #[command(flatten)]
        options: Options,
    },
}

impl Addition {
    pub(super) fn options(&self) -> &Options {
        let (Self::Field { options, .. }
        | Self::Variant { options, .. }
        | Self::Rule { options, .. }) = self;
        options
    }
}
