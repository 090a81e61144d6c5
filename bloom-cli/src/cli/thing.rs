//! What can be generated.

use clap::Subcommand;

use super::{Options, names};

/// What can be generated.
#[derive(Debug, Subcommand)]
pub(crate) enum Thing {
    /// Add a value object: a value with rules and without identity
    #[command(visible_alias = "value", after_help = VALUE_EXAMPLES)]
    ValueObject {
        /// Its name
        name: String,
        /// Its parts: `name:Type:rules`
        #[arg(required = true, value_name = "FIELD")]
        fields: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Add an aggregate with its use cases, routes and tests
    #[command(after_help = AGGREGATE_EXAMPLES)]
    Aggregate {
        /// Its name
        name: String,
        /// Its fields: `name:Type:rules`
        #[arg(value_name = "FIELD")]
        fields: Vec<String>,
        /// Its plural, when English would say another
        #[arg(long)]
        plural: Option<String>,
        /// What beginning one is called; `create` when left out
        #[arg(long, value_name = "VERB")]
        create: Option<String>,
        /// Its fields do not change but by commands
        #[arg(long)]
        no_change: bool,
        /// Load it from its events instead of a document
        #[arg(long)]
        event_sourced: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Add a list of entities to an aggregate
    #[command(after_help = ENTITY_EXAMPLES)]
    Entity {
        /// Its name
        name: String,
        /// Its fields: `name:Type:rules`
        #[arg(required = true, value_name = "FIELD")]
        fields: Vec<String>,
        /// The aggregate
        #[arg(long = "in", value_name = "AGGREGATE", add = names::aggregates())]
        root: String,
        /// The name of the list
        #[arg(long = "as", value_name = "LIST")]
        list: Option<String>,
        /// The states in which the list may change, separated by commas
        #[arg(long = "while", value_name = "STATE", value_delimiter = ',')]
        states: Vec<String>,
        /// How many there may be, such as 1..50
        #[arg(long, value_name = "RANGE")]
        count: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Add one behaviour to an aggregate
    #[command(after_help = COMMAND_EXAMPLES)]
    Command {
        /// verb(argument:Type): state|state -> state if field emits Event
        sentence: String,
        /// The aggregate
        #[arg(long = "in", value_name = "AGGREGATE", add = names::aggregates())]
        root: String,
        #[command(flatten)]
        options: Options,
    },
    /// Add the context's own repository of an aggregate, with finders for its fields
    #[command(after_help = "\
Examples:
  bloom generate repository Order
  bloom generate repository Order --relational")]
    Repository {
        /// The aggregate
        #[arg(add = names::aggregates())]
        root: String,
        /// Keep it in tables of its own, with columns, instead of documents
        #[arg(long)]
        relational: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Add an empty step of the schema, for tables and indexes of your own
    #[command(after_help = "\
Examples:
  bloom generate migration visits")]
    Migration {
        /// What it does, in a word or two
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Add a read model: a table with a row for each aggregate, which follows the event log
    #[command(after_help = "\
Examples:
  bloom generate projection OrderList --from Order")]
    Projection {
        /// Its name
        name: String,
        /// The aggregate whose events it follows
        #[arg(long = "from", value_name = "AGGREGATE", add = names::aggregates())]
        root: String,
        #[command(flatten)]
        options: Options,
    },
    /// Add a query: a use case and a route that find aggregates by some of their fields
    #[command(after_help = "\
Examples:
  bloom generate query FindOrders --in Order status customer_id
  curl 'localhost:3000/orders/find-orders?status=placed'")]
    Query {
        /// Its name
        name: String,
        /// The fields by which it finds, each of which may be left out; all of them when none is named
        #[arg(value_name = "FIELD", add = names::fields())]
        fields: Vec<String>,
        /// The aggregate
        #[arg(long = "in", value_name = "AGGREGATE", add = names::aggregates())]
        root: String,
        #[command(flatten)]
        options: Options,
    },
    /// Add a domain service: a rule that belongs to no one aggregate
    #[command(after_help = "\
Examples:
  bloom generate service Pricing

It stands below `domain/services`, is plain Rust, and is handed what it decides about.")]
    Service {
        /// Its name
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Add a factory: the beginning of an aggregate that takes more than its constructor should know
    #[command(after_help = "\
Examples:
  bloom generate factory OrderFactory --for Order

It begins as the constructor does, with a type for what it is built from and a test; the rules are written by hand.")]
    Factory {
        /// Its name
        name: String,
        /// The aggregate
        #[arg(long = "for", value_name = "AGGREGATE", add = names::aggregates())]
        root: String,
        #[command(flatten)]
        options: Options,
    },
    /// Add a policy: what follows from an event
    #[command(after_help = "\
Examples:
  bloom generate policy NotifyCustomer --on order.placed
  bloom generate policy ReserveStock --on order.line_added

It hears of each such event at least once, in order, also after a restart; what follows is written by hand.")]
    Policy {
        /// Its name
        name: String,
        /// The event: the aggregate, a point, and what happened to it
        #[arg(long, value_name = "EVENT", add = names::events())]
        on: String,
        #[command(flatten)]
        options: Options,
    },
    /// Add a named question about an aggregate, which Rust and every store answer alike
    #[command(after_help = "\
Examples:
  bloom generate specification PlacedOrders --for Order status
  bloom generate specification OrdersOfCustomer --for Order customer_id status")]
    Specification {
        /// Its name
        name: String,
        /// The fields whose values it asks for; the first one when left out
        #[arg(value_name = "FIELD")]
        fields: Vec<String>,
        /// The aggregate
        #[arg(long = "for", value_name = "AGGREGATE", add = names::aggregates())]
        root: String,
        #[command(flatten)]
        options: Options,
    },
}

impl Thing {
    pub(super) fn options(&self) -> &Options {
        let (Self::ValueObject { options, .. }
        | Self::Aggregate { options, .. }
        | Self::Entity { options, .. }
        | Self::Command { options, .. }
        | Self::Repository { options, .. }
        | Self::Specification { options, .. }
        | Self::Projection { options, .. }
        | Self::Query { options, .. }
        | Self::Service { options, .. }
        | Self::Factory { options, .. }
        | Self::Policy { options, .. }
        | Self::Migration { options, .. }) = self;
        options
    }
}

/// Examples, and behind them what a field may be.
macro_rules! with_fields {
    ($examples:literal) => {
        concat!(
            $examples,
            "

Fields:
  name:String            a type: String bool i32 i64 u32 u64 f64 Decimal Uuid Date Timestamp Json,
                         or one of the context, such as CustomerId or Money
  name:String:1..100     a rule: characters of a String, value of a number; both ends belong to it
  status:enum:a,b        an enum of its own
  tags:String:list       more rules, separated by commas: optional, list, list(1..5), email, url,
                         unique, index, =default, and, always last, matches=^[A-Z]+$"
        )
    };
}

pub(super) const EXAMPLES: &str = with_fields!(
    "\
Examples:
  bloom generate aggregate Customer name:String:1..100 email:String:email,unique
  bloom generate command --in Order 'place: draft -> placed if lines'"
);
const VALUE_EXAMPLES: &str = with_fields!(
    "\
Examples:
  bloom generate value-object Money amount:i64 currency:enum:EUR,USD
  bloom generate value-object Period first:Date last:Date"
);
const AGGREGATE_EXAMPLES: &str = with_fields!(
    "\
Examples:
  bloom generate aggregate Customer name:String:1..100 email:String:email,unique
  bloom generate aggregate Account owner:String:1..100 --create open --event-sourced"
);
const ENTITY_EXAMPLES: &str = with_fields!(
    "\
Examples:
  bloom generate entity OrderLine --in Order sku:String:3..20 quantity:u32:1..999 --while draft
  bloom generate entity Stop --in Route city:String:1..80 --count 2..20"
);
const COMMAND_EXAMPLES: &str = "\
Examples:
  bloom generate command --in Order 'place: draft -> placed if lines'
  bloom generate command --in Order 'cancel(reason:String): draft|placed -> cancelled'
  bloom generate command --in Account 'deposit(amount:Money) emits Deposited'";
