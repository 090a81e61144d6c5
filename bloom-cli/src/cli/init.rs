//! How a project begins, and how a machine is told where Bloom is.

use std::path::PathBuf;

use clap::Args;

use crate::project::Database;

/// Arguments of `bloom init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bloom init shop
  bloom init services/billing --name billing --context invoicing
  bloom init lab --db memory --no-web
  bloom init shop --template ~/templates/service
  bloom init shop --template https://example.com/team/template.git")]
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
    /// Begin with a project template of your own, a folder or a git repository, through `cargo generate`
    #[arg(
        long,
        value_name = "PATH|GIT",
        conflicts_with_all = ["context", "db", "no_web", "vendor", "bloom_path", "dry_run", "json"]
    )]
    pub(crate) template: Option<String>,
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
