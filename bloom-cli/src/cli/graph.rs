//! How a project is drawn.

use clap::{Args, ValueEnum};

use crate::graph::View;

/// Arguments of `bloom graph`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bloom graph > shop.html
  bloom graph --format svg --view aggregates > docs/aggregates.svg
  bloom graph --format mermaid --view contexts")]
pub(crate) struct GraphArgs {
    /// What is printed
    #[arg(long, value_enum, default_value = "html")]
    pub(crate) format: GraphFormat,
    /// What is drawn
    #[arg(long, value_enum)]
    pub(crate) view: Option<View>,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// One page with all views, which can be searched and zoomed and needs nothing from elsewhere.
    Html,
    Svg,
    /// For Markdown, which code hosts draw.
    Mermaid,
}
