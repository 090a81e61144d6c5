//! What can be typed. The doc comments are the help.

mod add;
mod check;
mod destroy;
mod graph;
mod init;
mod model;
mod names;
mod rename;
mod thing;

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::{
    add::Addition,
    check::{CheckArgs, CheckFormat},
    destroy::Doomed,
    graph::{GraphArgs, GraphFormat},
    init::{InitArgs, SetupArgs},
    model::ModelVerb,
    rename::Renaming,
    thing::Thing,
};
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
            Verb::Add { thing } => thing.options().json,
            Verb::Rename { thing } => thing.options().json,
            Verb::Destroy { thing } => thing.options().json,
            Verb::Db { verb: DbVerb::Use { options, .. } } => options.json,
            Verb::Upgrade { options }
            | Verb::Eject { thing: Ejected::Templates { options, .. } } => options.json,
            Verb::Check(arguments) => arguments.format != CheckFormat::Text,
            Verb::Model { verb: ModelVerb::Apply { options, .. } } => options.json,
            Verb::Model { verb: ModelVerb::Check { json, .. } }
            | Verb::Doctor { json }
            | Verb::List { json }
            | Verb::Routes { json } => *json,
            Verb::Model { verb: ModelVerb::Export | ModelVerb::Schema }
            | Verb::Graph(_)
            | Verb::Setup(_)
            | Verb::Migrate(_)
            | Verb::Events(_)
            | Verb::Projection(_)
            | Verb::Verify(_)
            | Verb::Man { .. }
            | Verb::Snippets { .. }
            | Verb::Completions { .. } => false,
        }
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Create a project
    #[command(visible_alias = "new")]
    Init(InitArgs),
    /// Add to a project
    #[command(visible_alias = "g", arg_required_else_help = true, after_help = thing::EXAMPLES)]
    Generate {
        #[command(subcommand)]
        thing: Thing,
    },
    /// Give more to what is there
    #[command(arg_required_else_help = true)]
    Add {
        #[command(subcommand)]
        thing: Addition,
    },
    /// Call something otherwise, in code, files and routes; what is stored keeps its name
    #[command(arg_required_else_help = true)]
    Rename {
        #[command(subcommand)]
        thing: Renaming,
    },
    /// Take out of a project what `generate` brought in, and nothing that was written by hand
    #[command(visible_alias = "d", arg_required_else_help = true)]
    Destroy {
        #[command(subcommand)]
        thing: Doomed,
    },
    /// Show what a project consists of
    List {
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show every route, its use case, and the event that follows
    Routes {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Say whether this machine and this project have what it takes
    Doctor {
        /// Print the answers as JSON
        #[arg(long)]
        json: bool,
    },
    /// Check what the compiler does not see: layers, boundaries, how aggregates are treated
    Check(CheckArgs),
    /// Draw the project: an event model, a context map, the aggregates
    Graph(GraphArgs),
    /// Keep the whole model in one file
    #[command(arg_required_else_help = true)]
    Model {
        #[command(subcommand)]
        verb: ModelVerb,
    },
    /// Bring a project up to what this version of Bloom writes
    #[command(after_help = "\
Examples:
  bloom upgrade --diff --dry-run
  bloom upgrade

Files that you edited are merged. Where you and Bloom changed the same lines, both versions are written
between the marks that git uses, and the exit code is 1. Steps of the schema stay as they were.")]
    Upgrade {
        #[command(flatten)]
        options: Options,
    },
    /// Make files of the project out of what `bloom` brings along
    #[command(arg_required_else_help = true)]
    Eject {
        #[command(subcommand)]
        thing: Ejected,
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
    /// Print the manual page of a verb, or of `bloom`
    #[command(after_help = "\
Examples:
  bloom man > ~/.local/share/man/man1/bloom.1
  bloom man generate aggregate | man -l -")]
    Man {
        /// The verb
        #[arg(value_name = "VERB")]
        verb: Vec<String>,
    },
    /// Print what makes your shell complete commands, and the names of your project
    #[command(after_help = "\
Examples:
  bloom completions bash >> ~/.bashrc
  bloom completions zsh >> ~/.zshrc
  bloom completions fish > ~/.config/fish/completions/bloom.fish")]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: CompletionShell,
    },
    /// Print snippets for your editor: what is written by hand between two generators
    #[command(after_help = "\
Examples:
  bloom snippets vscode > .vscode/bloom.code-snippets
  bloom snippets rustrover > ~/.config/JetBrains/RustRover2026.1/templates/Bloom.xml")]
    Snippets {
        /// The editor
        #[arg(value_enum)]
        editor: Editor,
    },
}

/// An editor that takes snippets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Editor {
    /// Visual Studio Code, and what reads its snippets
    Vscode,
    /// RustRover and the other IDEs of its family
    Rustrover,
}

/// A shell that completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletionShell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl CompletionShell {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Elvish => "elvish",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Zsh => "zsh",
        }
    }
}

/// What the project's own binary is told.
#[derive(Debug, Args)]
pub(crate) struct OwnArgs {
    /// What follows the verb; `--help` says what it may be
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
}

/// What can be ejected.
#[derive(Debug, Subcommand)]
pub(crate) enum Ejected {
    /// The templates, into `.bloom/templates`, where they can be changed; `upgrade` keeps them up to date
    #[command(after_help = "\
Examples:
  bloom eject templates --dry-run
  bloom eject templates aggregate/domain project/README.md.j2")]
    Templates {
        /// Files or folders of templates; all of them when left out
        #[arg(value_name = "PATH")]
        paths: Vec<String>,
        #[command(flatten)]
        options: Options,
    },
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
