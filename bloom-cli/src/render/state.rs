//! The state of an aggregate for its templates.

use serde::Serialize;

use super::{field::FieldView, value::VariantView};
use crate::{
    model::{Aggregate, Leaf, ModelField},
    request::{TypeName, name::identifier},
};

#[derive(Debug, Serialize)]
pub(super) struct StateView {
    field: FieldView,
    pascal: String,
    histories: Vec<HistoryView>,
    unreachable: Vec<VariantView>,
    tested: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct HistoryView {
    pascal: String,
    events: Vec<String>,
}

pub(super) fn state_view(
    aggregate: &Aggregate,
    field: &ModelField,
    name: &TypeName,
    ident: &str,
) -> StateView {
    let ways = aggregate.ways();
    let variants = match &field.leaf {
        Leaf::Enum { variants, .. } => variants.as_slice(),
        _ => &[],
    };
    let histories = ways.iter().map(|(variant, way)| HistoryView {
        pascal: variant.name.pascal(),
        events: way.iter().map(|command| identifier(&command.event.snake())).collect(),
    });
    let unreachable =
        variants.iter().filter(|variant| ways.iter().all(|(state, _)| state != variant));
    StateView {
        field: FieldView::new(field, ident),
        pascal: name.pascal().to_owned(),
        histories: histories.collect(),
        unreachable: unreachable.map(VariantView::from).collect(),
        tested: aggregate.commands.iter().any(|command| command.to.is_some()),
    }
}
