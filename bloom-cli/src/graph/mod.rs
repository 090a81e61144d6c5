//! Pictures of a project: what happens along a line, which contexts there are, and how aggregates are made.

mod aggregates;
mod context_map;
mod event_model;
mod html;
mod mermaid;
mod picture;
mod svg;

use self::picture::Picture;
pub(crate) use self::{html::page, mermaid::mermaid, svg::document};
use crate::catalog::Catalog;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum View {
    /// Commands, the events that follow, and the read models along a line.
    Events,
    /// Contexts with their aggregates, and who refers to whom.
    Contexts,
    /// Each aggregate: its fields, entities, values and states.
    Aggregates,
}

impl View {
    pub(crate) const ALL: [Self; 3] = [Self::Events, Self::Contexts, Self::Aggregates];

    fn title(self) -> &'static str {
        match self {
            Self::Events => "Event model",
            Self::Contexts => "Context map",
            Self::Aggregates => "Aggregates",
        }
    }

    fn picture(self, catalog: &Catalog) -> Picture {
        match self {
            Self::Events => event_model::picture(catalog),
            Self::Contexts => context_map::picture(catalog),
            Self::Aggregates => aggregates::picture(catalog),
        }
    }
}
