//! All views on one page, which needs nothing from elsewhere.

use minijinja::{context, value::Serde};
use serde::Serialize;

use super::{
    View,
    svg::{part, render},
};
use crate::{catalog::Catalog, failure::Failure};

#[derive(Debug, Clone, Serialize)]
struct Tab {
    id: String,
    title: &'static str,
    svg: String,
}

/// The page.
pub(crate) fn page(catalog: &Catalog) -> Result<String, Failure> {
    let mut tabs = Vec::new();
    for view in View::ALL {
        let id = view.title().to_lowercase().replace(' ', "-");
        let svg = part(view.title(), &id, &view.picture(catalog))?;
        tabs.push(Tab { id, title: view.title(), svg });
    }
    render(
        include_str!("page.html.j2"),
        context! {
            project => &catalog.project, tabs => Serde(&tabs),
            style => include_str!("style.css"), script => include_str!("page.js"),
        },
    )
}
