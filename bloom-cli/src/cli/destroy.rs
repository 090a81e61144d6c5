//! What can be destroyed: whatever can be generated, by its name.

use clap::Subcommand;

use super::{Options, names};

/// What can be destroyed.
#[derive(Debug, Subcommand)]
pub(crate) enum Doomed {
    /// Take out a value object
    #[command(
        visible_alias = "value",
        after_help = "\
Examples:
  bloom destroy value-object Money"
    )]
    ValueObject {
        /// Its name
        #[arg(add = names::values())]
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take out an aggregate with everything that was generated for it
    #[command(after_help = "\
Examples:
  bloom destroy aggregate Order --dry-run
  bloom destroy aggregate Order")]
    Aggregate {
        /// Its name
        #[arg(add = names::aggregates())]
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take a list of entities out of an aggregate
    #[command(after_help = "\
Examples:
  bloom destroy entity OrderLine")]
    Entity {
        /// Its name
        #[arg(add = names::entities())]
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take one behaviour out of an aggregate
    #[command(after_help = "\
Examples:
  bloom destroy command cancel --in Order")]
    Command {
        /// Its verb
        #[arg(add = names::verbs())]
        verb: String,
        /// The aggregate
        #[arg(long = "in", value_name = "AGGREGATE", add = names::aggregates())]
        root: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take out a field that was added later
    #[command(after_help = "\
Examples:
  bloom destroy field Order discount")]
    Field {
        /// The aggregate or the entity
        #[arg(value_name = "OWNER", add = names::owners())]
        owner: String,
        /// The field
        #[arg(value_name = "FIELD", add = names::fields())]
        field: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take out variants that were added later
    #[command(after_help = "\
Examples:
  bloom destroy variant Order status archived")]
    Variant {
        /// The aggregate or the entity
        #[arg(value_name = "OWNER", add = names::owners())]
        owner: String,
        /// The field
        #[arg(value_name = "FIELD", add = names::fields())]
        field: String,
        /// The variants that were added together
        #[arg(required = true, value_name = "VARIANT")]
        variants: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Go back to the rules that a field had before
    #[command(after_help = "\
Examples:
  bloom destroy rule Customer name")]
    Rule {
        /// The aggregate or the entity
        #[arg(value_name = "OWNER", add = names::owners())]
        owner: String,
        /// The field
        #[arg(value_name = "FIELD", add = names::fields())]
        field: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take out the context's own repository of an aggregate
    #[command(after_help = "\
Examples:
  bloom destroy repository Order
  bloom destroy repository Order --relational")]
    Repository {
        /// The aggregate
        #[arg(add = names::aggregates())]
        root: String,
        /// Its tables: the aggregate goes back to documents
        #[arg(long)]
        relational: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Take out a step of the schema
    #[command(after_help = "\
Examples:
  bloom destroy migration visits")]
    Migration {
        /// Its name
        #[arg(add = names::migrations())]
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take out a read model
    #[command(after_help = "\
Examples:
  bloom destroy projection OrderList")]
    Projection {
        /// Its name
        #[arg(add = names::projections())]
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take out a query
    #[command(after_help = "\
Examples:
  bloom destroy query FindOrders")]
    Query {
        /// Its name
        #[arg(add = names::queries())]
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take out a domain service
    #[command(after_help = "\
Examples:
  bloom destroy service Pricing")]
    Service {
        /// Its name
        #[arg(add = names::services())]
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take out a factory
    #[command(after_help = "\
Examples:
  bloom destroy factory OrderFactory")]
    Factory {
        /// Its name
        #[arg(add = names::factories())]
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take out a policy
    #[command(after_help = "\
Examples:
  bloom destroy policy NotifyCustomer")]
    Policy {
        /// Its name
        #[arg(add = names::policies())]
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Take out a named question about an aggregate
    #[command(after_help = "\
Examples:
  bloom destroy specification BigOrder --for Order")]
    Specification {
        /// Its name
        #[arg(add = names::specifications())]
        name: String,
        /// The aggregate
        #[arg(long = "for", value_name = "AGGREGATE", add = names::aggregates())]
        root: String,
        #[command(flatten)]
        options: Options,
    },
}

impl Doomed {
    pub(crate) fn options(&self) -> &Options {
        let (Self::ValueObject { options, .. }
        | Self::Aggregate { options, .. }
        | Self::Entity { options, .. }
        | Self::Command { options, .. }
        | Self::Field { options, .. }
        | Self::Variant { options, .. }
        | Self::Rule { options, .. }
        | Self::Repository { options, .. }
        | Self::Migration { options, .. }
        | Self::Projection { options, .. }
        | Self::Query { options, .. }
        | Self::Service { options, .. }
        | Self::Factory { options, .. }
        | Self::Policy { options, .. }
        | Self::Specification { options, .. }) = self;
        options
    }
}
