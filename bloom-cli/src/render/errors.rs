//! The errors of an aggregate for their template.

use serde::Serialize;

use super::{command, entity};
use crate::model::Aggregate;

#[derive(Debug, Serialize)]
pub(crate) struct ErrorView {
    pub(super) pascal: String,
    doc: String,
    kind: &'static str,
    code: String,
    message: String,
    fields: Vec<ErrorField>,
}

#[derive(Debug, Serialize)]
pub(super) struct ErrorField {
    name: String,
    ty: String,
}

pub(super) fn errors(aggregate: &Aggregate) -> Vec<ErrorView> {
    let root = aggregate.name.pascal();
    let snake = aggregate.name.snake();
    let label = aggregate.name.label();
    let id = || ErrorField { name: "id".to_owned(), ty: format!("{root}Id") };
    let state = aggregate.state();
    let state_field = || {
        state.map(|state| ErrorField {
            name: state.field.name.ident(),
            ty: state.name.pascal().to_owned(),
        })
    };
    let state_text = state.map(|state| format!("{{{}}}", state.field.name)).unwrap_or_default();
    let mut errors: Vec<ErrorView> = Vec::new();
    for field in aggregate.fields.iter().filter(|field| field.unique) {
        errors.push(ErrorView {
            pascal: format!("{}Taken", field.name.pascal()),
            doc: format!("Another {label} has this {}.", field.name.label()),
            kind: "rule",
            code: format!("{snake}.{}_taken", field.name),
            message: format!("another {label} has this {}", field.name.label()),
            fields: vec![ErrorField { name: field.name.ident(), ty: field.ty() }],
        });
    }
    for command in &aggregate.commands {
        for guard in &command.guards {
            let pascal = command::guard_error(guard);
            if errors.iter().all(|error| error.pascal != pascal) {
                errors.push(ErrorView {
                    pascal,
                    doc: format!("It has no {}.", guard.field().label()),
                    kind: "rule",
                    code: format!("{snake}.no_{}", guard.field()),
                    message: format!("{label} {{id}} has no {}", guard.field().label()),
                    fields: vec![id()],
                });
            }
        }
        if !command::forbidden(aggregate, command).is_empty() {
            errors.push(ErrorView {
                pascal: command::cannot(command),
                doc: format!("Its state does not allow to {}.", command.verb.label()),
                kind: "rule",
                code: format!("{snake}.cannot_{}", command.verb),
                message: format!(
                    "{label} {{id}} is {state_text}, which does not allow to {}",
                    command.verb.label()
                ),
                fields: std::iter::once(id()).chain(state_field()).collect(),
            });
        }
    }
    for entity in &aggregate.entities {
        let (list, short) = (&entity.list, &entity.short);
        errors.push(ErrorView {
            pascal: format!("{}NotFound", short.pascal()),
            doc: format!("It has no such {}.", entity.name.label()),
            kind: "not_found",
            code: format!("{snake}.{short}_not_found"),
            message: format!("{label} {{id}} has no {} {{{short}_id}}", entity.name.label()),
            fields: vec![
                id(),
                ErrorField { name: format!("{short}_id"), ty: format!("{}Id", entity.name) },
            ],
        });
        if !entity::closed(aggregate, entity).is_empty() {
            errors.push(ErrorView {
                pascal: format!("{}Closed", list.pascal()),
                doc: format!("Its state does not allow to change the {}.", list.label()),
                kind: "rule",
                code: format!("{snake}.{list}_closed"),
                message: format!(
                    "{label} {{id}} is {state_text}, and its {} do not change any more",
                    list.label()
                ),
                fields: std::iter::once(id()).chain(state_field()).collect(),
            });
        }
        if let Some(max) = entity.count.high {
            errors.push(ErrorView {
                pascal: format!("TooMany{}", list.pascal()),
                doc: format!("It has as many {} as it may have.", list.label()),
                kind: "rule",
                code: format!("{snake}.too_many_{list}"),
                message: format!(
                    "{label} {{id}} has {max} {} already, which is the most",
                    list.label()
                ),
                fields: vec![id()],
            });
        }
        if let Some(min) = entity.count.low.filter(|low| *low > 0) {
            errors.push(ErrorView {
                pascal: format!("TooFew{}", list.pascal()),
                doc: format!("It has as few {} as it may have.", list.label()),
                kind: "rule",
                code: format!("{snake}.too_few_{list}"),
                message: format!("{label} {{id}} must keep {min} {}", list.label()),
                fields: vec![id()],
            });
        }
    }
    errors
}

pub(super) fn error_types(errors: &[ErrorView]) -> Vec<String> {
    let is_type = |ty: &String| !crate::request::Primitive::ALL.iter().any(|(name, _)| name == ty);
    let inner = |ty: &str| {
        let ty = ty.strip_prefix("Option<").and_then(|ty| ty.strip_suffix('>')).unwrap_or(ty);
        ty.to_owned()
    };
    errors
        .iter()
        .flat_map(|error| &error.fields)
        .map(|field| inner(&field.ty))
        .filter(is_type)
        .collect()
}
