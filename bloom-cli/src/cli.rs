//! What can be typed. The doc comments are the help.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::project::Database;

/// Create and grow domain-driven Rust applications
#[derive(Debug, Parser)]
#[command(
    name = "bloom",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  bloom init shop && cd shop
  bloom generate aggregate Customer name:String:1..100 email:String:email,unique
  cargo test && cargo run"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,

    /// Say nothing but errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

impl Cli {
    /// Whether the outcome, good or bad, is for a program.
    pub(crate) fn json(&self) -> bool {
        match &self.verb {
            Verb::Init(arguments) => arguments.json,
            Verb::Generate { thing } => thing.options().json,
            Verb::Db { verb: DbVerb::Use { options, .. } } => options.json,
            Verb::Setup(_)
            | Verb::Migrate(_)
            | Verb::Events(_)
            | Verb::Projection(_)
            | Verb::Verify(_)
            | Verb::Completions { .. } => false,
        }
    }
}

impl Thing {
    fn options(&self) -> &Options {
        let (Self::ValueObject { options, .. }
        | Self::Aggregate { options, .. }
        | Self::Entity { options, .. }
        | Self::Command { options, .. }
        | Self::Repository { options, .. }
        | Self::Specification { options, .. }
        | Self::Projection { options, .. }
        | Self::Migration { options, .. }) = self;
        options
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Create a project
    #[command(visible_alias = "new")]
    Init(InitArgs),
    /// Add to a project
    #[command(visible_alias = "g", arg_required_else_help = true)]
    Generate {
        #[command(subcommand)]
        thing: Thing,
    },
    /// Change where a project keeps its data
    #[command(arg_required_else_help = true)]
    Db {
        #[command(subcommand)]
        verb: DbVerb,
    },
    /// Tell cargo on this machine where Bloom is
    Setup(SetupArgs),
    /// Apply the migrations, or show them: `cargo run -q -- migrate`
    #[command(disable_help_flag = true)]
    Migrate(OwnArgs),
    /// Look into the log: `cargo run -q -- events`
    #[command(disable_help_flag = true)]
    Events(OwnArgs),
    /// Look after read models: `cargo run -q -- projection`
    #[command(disable_help_flag = true)]
    Projection(OwnArgs),
    /// Try to make the database lose something: `cargo run -q -- verify`
    #[command(disable_help_flag = true)]
    Verify(OwnArgs),
    /// Print a script that completes commands in your shell
    #[command(after_help = "\
Examples:
  bloom completions bash > /etc/bash_completion.d/bloom
  bloom completions fish > ~/.config/fish/completions/bloom.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// What the project's own binary is told.
#[derive(Debug, Args)]
pub(crate) struct OwnArgs {
    /// What follows the verb; `--help` says what it may be
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
}

/// What can be done about the database.
#[derive(Debug, Subcommand)]
pub(crate) enum DbVerb {
    /// Move the project to another database; `domain` and `application` stay as they are
    #[command(after_help = "\
Examples:
  bloom db use postgres --diff
  bloom db use sqlite

The data is copied by the project's own binary, once both databases are migrated:
  cargo run --features bloom-manage/sqlite -- db copy --from sqlite:data/shop.db --to $DATABASE_URL")]
    Use {
        /// The database
        #[arg(value_enum)]
        database: Database,
        #[command(flatten)]
        options: Options,
    },
}

/// Arguments of `bloom init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bloom init shop
  bloom init services/billing --name billing --context invoicing
  bloom init lab --db memory --no-web")]
pub(crate) struct InitArgs {
    /// Where; the last part is the name
    pub(crate) path: PathBuf,
    /// Another name than the folder's
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The name of the first bounded context; the project's when left out
    #[arg(long)]
    pub(crate) context: Option<String>,
    /// Where the data is kept
    #[arg(long, value_enum, default_value = "sqlite")]
    pub(crate) db: Database,
    /// Leave out HTTP
    #[arg(long)]
    pub(crate) no_web: bool,
    /// Copy Bloom's crates into the project, so that it builds anywhere
    #[arg(long)]
    pub(crate) vendor: bool,
    /// Take Bloom's crates from this checkout
    #[arg(long, value_name = "DIR")]
    pub(crate) bloom_path: Option<PathBuf>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `bloom setup`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bloom setup
  bloom setup --bloom-path ~/src/bloom")]
pub(crate) struct SetupArgs {
    /// Take Bloom's crates from this checkout
    #[arg(long, value_name = "DIR")]
    pub(crate) bloom_path: Option<PathBuf>,
}

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
        #[arg(long = "in", value_name = "AGGREGATE")]
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
        #[arg(long = "in", value_name = "AGGREGATE")]
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
        #[arg(long = "from", value_name = "AGGREGATE")]
        root: String,
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
        #[arg(long = "for", value_name = "AGGREGATE")]
        root: String,
        #[command(flatten)]
        options: Options,
    },
}

/// What every generator understands.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Show the changes line by line
    #[arg(long)]
    pub(crate) diff: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write over files that cannot be merged
    #[arg(long, conflicts_with = "skip")]
    pub(crate) force: bool,
    /// Leave files that cannot be merged as they are
    #[arg(long)]
    pub(crate) skip: bool,
}

const VALUE_EXAMPLES: &str = "\
Examples:
  bloom generate value-object Money amount:i64 currency:enum:EUR,USD
  bloom generate value-object Period first:Date last:Date

Fields:
  name:String            a type: String bool i32 i64 u32 u64 f64 Decimal Uuid Date Timestamp Json,
                         or one of the context, such as CustomerId or Money
  name:String:1..100     a rule: characters of a String, value of a number; both ends belong to it
  status:enum:a,b        an enum of its own
  tags:String:list       more rules, separated by commas: optional, list, list(1..5), email, url,
                         unique, index, =default, and, always last, matches=^[A-Z]+$";
const AGGREGATE_EXAMPLES: &str = "\
Examples:
  bloom generate aggregate Customer name:String:1..100 email:String:email,unique
  bloom generate aggregate Account owner:String:1..100 --create open --event-sourced

Fields:
  name:String            a type: String bool i32 i64 u32 u64 f64 Decimal Uuid Date Timestamp Json,
                         or one of the context, such as CustomerId or Money
  name:String:1..100     a rule: characters of a String, value of a number; both ends belong to it
  status:enum:a,b        an enum of its own
  tags:String:list       more rules, separated by commas: optional, list, list(1..5), email, url,
                         unique, index, =default, and, always last, matches=^[A-Z]+$";
const ENTITY_EXAMPLES: &str = "\
Examples:
  bloom generate entity OrderLine --in Order sku:String:3..20 quantity:u32:1..999 --while draft
  bloom generate entity Stop --in Route city:String:1..80 --count 2..20

Fields:
  name:String            a type: String bool i32 i64 u32 u64 f64 Decimal Uuid Date Timestamp Json,
                         or one of the context, such as CustomerId or Money
  name:String:1..100     a rule: characters of a String, value of a number; both ends belong to it
  status:enum:a,b        an enum of its own
  tags:String:list       more rules, separated by commas: optional, list, list(1..5), email, url,
                         unique, index, =default, and, always last, matches=^[A-Z]+$";
const COMMAND_EXAMPLES: &str = "\
Examples:
  bloom generate command --in Order 'place: draft -> placed if lines'
  bloom generate command --in Order 'cancel(reason:String): draft|placed -> cancelled'
  bloom generate command --in Account 'deposit(amount:Money) emits Deposited'";
