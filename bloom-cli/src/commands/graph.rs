//! `bloom graph`.

use super::list::catalog;
use crate::{
    cli::{GraphArgs, GraphFormat},
    failure::Failure,
    graph::{View, document, mermaid, page},
    ui::Ui,
};

pub(super) fn run(arguments: &GraphArgs, ui: Ui) -> Result<(), Failure> {
    let catalog = catalog(ui)?;
    let view = arguments.view.unwrap_or(View::Events);
    if arguments.format == GraphFormat::Html && arguments.view.is_some() {
        ui.warning("the page has all views; `--view` is for the other formats");
    }
    let text = match arguments.format {
        GraphFormat::Svg => document(&catalog, view)?,
        GraphFormat::Mermaid => mermaid(&catalog, view),
        GraphFormat::Html => page(&catalog)?,
    };
    ui.data(text.trim_end());
    Ok(())
}
