//! An entity for its templates.

use serde::Serialize;

use super::{
    field::{FieldView, sample_uses},
    http::http_variable,
    imports,
    value::VariantView,
};
use crate::{
    model::{
        Aggregate, Entity, ModelField,
        english::{article, capital},
    },
    request::{Variant, name::identifier},
};

/// An entity.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EntityView {
    pub(crate) pascal: String,
    pub(crate) snake: String,
    label: String,
    #[serde(rename = "Label")]
    capital_label: String,
    article: &'static str,
    #[serde(rename = "Article")]
    capital_article: String,
    pub(crate) list: String,
    list_pascal: String,
    pub(crate) short: String,
    pub(crate) short_ident: String,
    pub(crate) short_pascal: String,
    /// The variables in the tests over HTTP that hold their paths.
    http_list: String,
    http_short: String,
    pub(crate) segment: String,
    pub(crate) fields: Vec<FieldView>,
    uses: String,
    foreign_uses: String,
    pub(crate) field_uses: String,
    many: bool,
    #[serde(rename = "while")]
    open: Vec<VariantView>,
    closed: Vec<VariantView>,
    closed_tested: Vec<VariantView>,
    max: Option<i128>,
    min: Option<i128>,
    fallible_add: bool,
    add_errors_doc: String,
    change_errors_doc: String,
    remove_errors_doc: String,
    open_history: String,
    open_with_one: String,
    open_with_room: String,
    json: String,
    other_json: String,
}

/// The states in which the list may not change.
pub(super) fn closed<'a>(aggregate: &'a Aggregate, entity: &Entity) -> Vec<&'a Variant> {
    match aggregate.state() {
        Some(state) if !entity.states.is_empty() => {
            state.variants.iter().filter(|variant| !entity.states.contains(variant)).collect()
        }
        _ => Vec::new(),
    }
}

impl EntityView {
    pub(crate) fn new(aggregate: &Aggregate, entity: &Entity) -> Self {
        let label = entity.name.label();
        let article = article(&label);
        let short = entity.short.plain().to_owned();
        let owner = entity.short.ident();
        let own: Vec<String> = entity.fields.iter().flat_map(ModelField::own_types).collect();
        let types: Vec<String> = entity.fields.iter().flat_map(ModelField::types).collect();
        let closed = closed(aggregate, entity);
        let ways = aggregate.ways();
        let has_history = aggregate.commands.iter().any(|command| command.to.is_some());
        let reachable = |variant: &Variant| ways.iter().any(|(state, _)| *state == variant);
        let open_state = entity.states.iter().find(|state| reachable(state));
        let open_history = match (aggregate.state(), open_state) {
            (Some(state), Some(open)) if has_history => {
                format!("history({}::{})", state.name, open.name.pascal())
            }
            _ => "vec![begun()]".to_owned(),
        };
        let with = |count: i128| {
            let added =
                vec![format!("{short}_added()"); usize::try_from(count).unwrap_or(1)].join(", ");
            if open_history == "vec![begun()]" {
                format!("vec![begun(), {added}]")
            } else {
                format!("[{open_history}, vec![{added}]].concat()")
            }
        };
        let min = entity.count.low.filter(|low| *low > 0);
        let max = entity.count.high;
        let fields: Vec<FieldView> =
            entity.fields.iter().map(|field| FieldView::new(field, &owner)).collect();
        let json = |second: bool| {
            let members = fields.iter().map(|field| {
                let value = if second {
                    field.other_json.as_ref().unwrap_or(&field.json)
                } else {
                    &field.json
                };
                format!("\"{}\": {value}", field.plain)
            });
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        };
        let errors = |more: &[&str]| {
            let mut reasons: Vec<String> = more.iter().map(|reason| (*reason).to_owned()).collect();
            if !entity.states.is_empty() {
                reasons.insert(0, "the state forbids it".to_owned());
            }
            format!("When {}.", reasons.join(", or "))
        };
        let not_there = format!("there is no such {label}");
        Self {
            pascal: entity.name.pascal().to_owned(),
            snake: entity.name.snake(),
            capital_label: capital(&label),
            article,
            capital_article: capital(article),
            list: entity.list.plain().to_owned(),
            list_pascal: entity.list.pascal(),
            short_ident: identifier(&short),
            short_pascal: entity.short.pascal(),
            http_list: http_variable(entity.list.plain()),
            http_short: http_variable(&identifier(&short)),
            segment: entity.list.kebab(),
            uses: imports(own.iter().cloned().chain([aggregate.name.pascal().to_owned()])),
            foreign_uses: imports(types.iter().filter(|name| !own.contains(name)).cloned()),
            field_uses: imports(types),
            many: entity.fields.len() + 2 > 7,
            closed_tested: if has_history {
                closed
                    .iter()
                    .filter(|state| reachable(state))
                    .map(|state| VariantView::from(*state))
                    .collect()
            } else {
                Vec::new()
            },
            closed: closed.into_iter().map(VariantView::from).collect(),
            open: entity.states.iter().map(VariantView::from).collect(),
            fallible_add: !entity.states.is_empty() || max.is_some(),
            add_errors_doc: {
                let full = if max.is_some() { vec!["there are too many"] } else { Vec::new() };
                errors(&full)
            },
            change_errors_doc: errors(&[&not_there]),
            remove_errors_doc: if min.is_some() {
                errors(&[&not_there, "too few would be left"])
            } else {
                errors(&[&not_there])
            },
            open_with_one: with(1),
            open_with_room: with(min.unwrap_or(1).max(1)),
            open_history,
            max,
            min,
            json: json(false),
            other_json: json(true),
            fields,
            short,
            label,
        }
    }

    /// `an order line`
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.article, self.label)
    }

    /// The types that its samples name.
    pub(super) fn sample_uses(entity: &Entity) -> Vec<String> {
        entity.fields.iter().flat_map(sample_uses).collect()
    }
}
