//! A picture as SVG.

use minijinja::{AutoEscape, Environment, context, syntax::SyntaxConfig, value::Serde};

use super::{View, picture::Picture};
use crate::{
    catalog::Catalog,
    failure::{Failure, FailureKind},
};

/// One view as a file of its own.
pub(crate) fn document(catalog: &Catalog, view: View) -> Result<String, Failure> {
    let title = format!("{}: {}", catalog.project, view.title());
    render(
        include_str!("picture.svg.j2"),
        context! {
            title, id => "", style => include_str!("style.css"),
            p => Serde(view.picture(catalog)), standalone => true,
        },
    )
}

/// One view as a part of a page, which has the style.
pub(super) fn part(title: &str, id: &str, picture: &Picture) -> Result<String, Failure> {
    render(
        include_str!("picture.svg.j2"),
        context! { title, id, style => "", p => Serde(picture), standalone => false },
    )
}

/// Renders a template of this module, with everything escaped for XML.
pub(super) fn render(template: &str, values: minijinja::Value) -> Result<String, Failure> {
    let mut environment = Environment::new();
    environment.set_syntax(syntax());
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment
        .render_str(template, values)
        .map_err(|error| Failure::new(FailureKind::Bug, format!("the picture: {error:#}")))
}

/// Tags leave no empty line.
fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default()
}
