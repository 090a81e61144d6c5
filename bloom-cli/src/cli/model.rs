//! What can be done with a model file.

use std::path::PathBuf;

use clap::Subcommand;

use super::Options;

/// What can be done with a model file.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelVerb {
    /// Make the code follow the file
    #[command(after_help = "\
Examples:
  bloom model apply shop.bloom.toml --dry-run
  bloom model apply shop.bloom.toml
  bloom model apply shop.bloom.toml --prune

A file looks like this:
  [context.shop.value.Money]
  amount = \"i64\"
  currency = \"enum:EUR,USD\"

  [context.shop.aggregate.Order]
  commands = [\"place: draft -> placed if lines\"]
  [context.shop.aggregate.Order.field]
  status = \"enum:draft,placed\"
  [context.shop.aggregate.Order.entity.OrderLine]
  while = [\"draft\"]
  [context.shop.aggregate.Order.entity.OrderLine.field]
  price = \"Money\"")]
    Apply {
        /// The model file
        file: PathBuf,
        /// Destroy what the file does not have
        #[arg(long)]
        prune: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Say where the file and the project differ; the exit code is 1 if they do
    Check {
        /// The model file
        file: PathBuf,
        /// Print the differences as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the model file of the project
    #[command(after_help = "\
Examples:
  bloom model export > shop.bloom.toml")]
    Export,
    /// Print the JSON Schema of model files, for editors
    #[command(after_help = "\
Examples:
  bloom model schema > bloom-model.schema.json
and as the first line of the model file, for editors with Taplo:
  #:schema ./bloom-model.schema.json")]
    Schema,
}
